// The entry point of the page's scripts: navigation, stores, charts and telemetry.

import { startAlpine } from "./alpine";
import { announcePages } from "./announcing";
import { watchCharts } from "./charts";
import { watchHistory } from "./history";
import { configureHtmx } from "./htmx";
import { watchLinks } from "./navigation";
import { startTelemetry } from "./telemetry";

configureHtmx();
watchHistory();
watchLinks();
watchCharts();
announcePages();
startAlpine();
startTelemetry();
