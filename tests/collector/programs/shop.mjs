// A shop in JavaScript that knows nothing about PostHog: it uses only OpenTelemetry's own API and exporter.
// Ids and times are fixed, so that tests can compare the spans with those of `shop.py`.

import { SpanKind, SpanStatusCode, TraceFlags, context, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { defaultResource, detectResources, envDetector } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const [traceId, spanId] = process.argv.slice(2);
const BEGAN = [1_795_395_600, 123_456_789];

const provider = new NodeTracerProvider({
  resource: defaultResource().merge(detectResources({ detectors: [envDetector] })),
  idGenerator: { generateTraceId: () => traceId, generateSpanId: () => spanId },
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});

const about = { "user.id": "person-anna", "host.team.id": "team-1", "session.id": "session-1" };
const checkout = provider
  .getTracer("shop")
  .startSpan("checkout", { kind: SpanKind.SERVER, startTime: BEGAN, attributes: about });
checkout.addEvent("parcel_shipped", { number: 7, carrier: "bike", note: "für Bär 🐻" }, BEGAN);
checkout.addEvent("parcel_shipped", { number: 7, carrier: "bike", note: "für Bär 🐻" }, BEGAN);
checkout.addEvent("invoice_paid", { team_slug: "acme", amount: 12.5 }, BEGAN);
checkout.addEvent("invoice_paid", { team_slug: "acme", amount: 12 }, BEGAN);
checkout.addEvent("cart_viewed", { items: 3 }, BEGAN);
checkout.end([BEGAN[0] + 1, 0]);

await provider.shutdown();
