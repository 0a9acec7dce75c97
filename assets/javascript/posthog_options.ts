// The options of posthog-js, with the reasons for them.

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

// Attributes that autocapture must not record: URLs with ids, and texts about a customer.
const PRIVATE_ATTRIBUTES = [
  "href", "action", "formaction", "src", "srcset", "value", "title", "alt", "placeholder", "content",
  "aria-label", "aria-description", "aria-valuetext", "datetime", "hx-get", "hx-post", "hx-vals", "data-source",
];

/** Return the options for a page; `withdraw` is called if the person has opted out since the page was loaded. */
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
    // Do not fetch flags and remote configuration at the start: the page contains both.
    advanced_disable_flags: true,
    bootstrap: { featureFlags: page.flags },
    disable_external_dependency_loading: true,
    disable_surveys: true,
    // `capturePageview` records page views; htmx changes the URL before the new page is swapped in.
    capture_pageview: false,
    capture_pageleave: true,
    // The text of a link can be the title of a pull request or a person's name.
    autocapture: { element_attribute_ignorelist: PRIVATE_ATTRIBUTES, capture_copied_text: false },
    mask_all_text: true,
    rageclick: false,
    capture_exceptions: { capture_unhandled_errors: true, capture_unhandled_rejections: true, capture_console_errors: false },
    // Without attribution to elements, which would require a larger build of web-vitals.
    capture_performance: { web_vitals: true, web_vitals_attribution: false, network_timing: false },
    // Off until the page allows it; see recorder.ts.
    disable_session_recording: true,
    session_recording: {
      maskAllInputs: true,
      maskTextSelector: ".ph-sensitive, [data-ph-sensitive]",
      blockSelector: ".ph-no-capture, [data-ph-no-capture]",
      maskCapturedNetworkRequestFn: (request) => ({ ...request, name: request.name && withoutDetails(request.name) }),
    },
    tracing_headers: [location.hostname],
    person_profiles: "identified_only",
    // Only the server links a visitor's events to an account, at login. If the browser reported the visitor id of one
    // account at the next login, PostHog would merge both accounts into one person (docs/posthog.md).
    reuseAnonymousId: true,
    // By default, posthog-js would create a person for each visitor of a development server.
    internal_or_test_user_hostname: null,
    // PostHog decides whether bots count: events contain `$browser_type`. Our tests run in automated browsers, too.
    opt_out_useragent_filter: true,
    before_send: (event) => (isMute() ? null : reviewed(event, withdraw)),
  };
}

/** Provide the remote configuration that PostHog would return, so that posthog-js does not fetch it. */
export function prepareRemoteConfig(page: Page): void {
  // PostHog's own script `array/<key>/config.js` stores it in the same place.
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
  // Check before each event: the person may have opted out in another tab or in the browser's settings.
  if (refuses(page)) {
    // posthog-js has already stored its ids again; stop it after it has processed this event.
    queueMicrotask(withdraw);
    return null;
  }
  // The recorder has already masked the URLs of a snapshot, which is large.
  if (event.event === "$snapshot") return event;
  event.properties = { ...page.origin, ...event.properties };
  // A page's title names a pull request or a team.
  delete event.properties["title"];
  if (!page.send_organisation) forgetReferrers(event);
  return cleaned(event) as CaptureResult;
}

/** Remove the referrer: a customer's own site, such as a wiki, names the customer. */
function forgetReferrers({ properties, $set, $set_once }: CaptureResult): void {
  for (const said of [properties, $set, $set_once]) {
    for (const name of Object.keys(said ?? {})) if (/referr(er|ing_domain)$/.test(name)) delete said?.[name];
  }
}
