// The options of posthog-js, each with its reason.

import "posthog-js/dist/exception-autocapture";
import {
  AnalyticsExtensions,
  ErrorTrackingExtensions,
  FeatureFlagsExtensions,
  SessionReplayExtensions,
  TracingExtensions,
} from "posthog-js/dist/extension-bundles";
import type { CaptureResult, PostHogConfig } from "posthog-js/dist/module.slim.no-external";
import "posthog-js/dist/tracing-headers";
import "posthog-js/dist/web-vitals";

import { cleaned, withoutDetails } from "./addresses";
import { refuses } from "./consent";
import { currentPage, type Page } from "./page";

// What autocapture may not take from elements: addresses with ids in them, and words about a customer.
const PRIVATE_ATTRIBUTES = [
  "href", "action", "formaction", "src", "srcset", "value", "title", "alt", "placeholder", "content",
  "aria-label", "aria-description", "aria-valuetext", "datetime", "hx-get", "hx-post", "hx-vals", "data-source",
];

/** Return the options for a page; `withdraw` is called where the person has refused meanwhile. */
export function options(page: Page, isMute: () => boolean, withdraw: () => void): Partial<PostHogConfig> {
  return {
    api_host: page.api_host,
    ui_host: page.ui_host,
    defaults: "2026-05-30",
    __extensionClasses: {
      autocapture: AnalyticsExtensions.autocapture,
      webVitalsAutocapture: AnalyticsExtensions.webVitalsAutocapture,
      ...ErrorTrackingExtensions,
      ...FeatureFlagsExtensions,
      ...SessionReplayExtensions,
      ...TracingExtensions,
    },
    // Nothing is fetched to start with: the page has brought the flags and says what is on.
    advanced_disable_flags: true,
    bootstrap: { featureFlags: page.flags },
    disable_external_dependency_loading: true,
    disable_surveys: true,
    // Ours: by the page, not the address, which htmx also changes before there is a new page.
    capture_pageview: false,
    capture_pageleave: true,
    // A link's text is the title of a pull request or somebody's name.
    autocapture: { element_attribute_ignorelist: PRIVATE_ATTRIBUTES, capture_copied_text: false },
    mask_all_text: true,
    rageclick: false,
    capture_exceptions: { capture_unhandled_errors: true, capture_unhandled_rejections: true, capture_console_errors: false },
    // Without naming elements, which would take a larger build of web-vitals.
    capture_performance: { web_vitals: true, web_vitals_attribution: false, network_timing: false },
    // Off until the page allows it, see recorder.ts.
    disable_session_recording: true,
    session_recording: {
      maskAllInputs: true,
      maskTextSelector: ".ph-sensitive, [data-ph-sensitive]",
      blockSelector: ".ph-no-capture, [data-ph-no-capture]",
      maskCapturedNetworkRequestFn: (request) => ({ ...request, name: request.name && withoutDetails(request.name) }),
    },
    tracing_headers: [location.hostname],
    person_profiles: "identified_only",
    // The server alone joins a visitor's trail to an account, when somebody logs in. A browser that kept the visitor's
    // id of one account would join the next one to the same person (docs/posthog.md).
    reuseAnonymousId: true,
    // It would make a person of each visitor of a development server.
    internal_or_test_user_hostname: null,
    // Whether a robot counts is PostHog's to decide: events say `$browser_type`. Our tests are robots, too.
    opt_out_useragent_filter: true,
    before_send: (event) => (isMute() ? null : reviewed(event, withdraw)),
  };
}

/** Put in place what PostHog would answer about this project, so that posthog-js asks nobody. */
export function prepareRemoteConfig(page: Page): void {
  // Where PostHog's own `array/<key>/config.js` puts it.
  const place = window as Window & { _POSTHOG_REMOTE_CONFIG?: Record<string, { config: unknown; siteApps: [] }> };
  place._POSTHOG_REMOTE_CONFIG = {
    [page.key]: {
      siteApps: [],
      config: {
        supportedCompression: ["gzip", "gzip-js"],
        hasFeatureFlags: false,
        autocapture_opt_out: false,
        sessionRecording: { endpoint: "/s/" },
        capturePerformance: { web_vitals: true },
        autocaptureExceptions: true,
      },
    },
  };
}

function reviewed(event: CaptureResult | null, withdraw: () => void): CaptureResult | null {
  const page = currentPage();
  if (!event || !page) return null;
  // Another tab's notice, or the browser's own switch, is heard of before each event.
  if (refuses(page)) {
    // By now posthog-js has stored its ids again; it is stopped once it is done with this event.
    queueMicrotask(withdraw);
    return null;
  }
  // Its addresses are masked as it is recorded, and it is large.
  if (event.event === "$snapshot") return event;
  event.properties = { ...page.origin, ...event.properties };
  // A page's title names a pull request or a team.
  delete event.properties["title"];
  if (!page.send_organisation) forgetReferrers(event);
  return cleaned(event) as CaptureResult;
}

/** Forget the site that somebody came from: a customer's own names it, such as their wiki. */
function forgetReferrers({ properties, $set, $set_once }: CaptureResult): void {
  for (const said of [properties, $set, $set_once]) {
    for (const name of Object.keys(said ?? {})) if (/referr(er|ing_domain)$/.test(name)) delete said?.[name];
  }
}
