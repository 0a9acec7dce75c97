// A shop in Express that knows nothing about PostHog: OpenTelemetry's auto-instrumentation sends its spans.
// It fails in every way, and answers its own requests.

const express = require("express");
const { SpanStatusCode, context, trace } = require("@opentelemetry/api");
const { SeverityNumber, logs } = require("@opentelemetry/api-logs");
const { getRPCMetadata } = require("@opentelemetry/core");

class CartError extends Error {
  name = "CartError";
}

function load(why) {
  throw new CartError(why);
}

const shop = express();
shop.use((request, response, next) => {
  // The active span is the middleware's, inside the request's.
  getRPCMetadata(context.active()).span.setAttribute("user.id", "anna");
  next();
});
shop.get("/order", (request, response) => {
  trace.getActiveSpan().addEvent("order_placed", { items: 3 });
  response.send("thanks");
});
shop.get("/inside", async () => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  await trace.getTracer("shop").startActiveSpan("load the cart", async (span) => {
    try {
      load("inside");
    } catch (error) {
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      throw error;
    } finally {
      span.end();
    }
  });
});
shop.get("/plainly", () => load("plainly"));
shop.get("/handled", (request, response) => {
  try {
    load("handled");
  } catch (error) {
    trace.getActiveSpan().recordException(error);
  }
  response.send("an empty cart");
});
shop.get("/logged", (request, response) => {
  try {
    load("logged");
  } catch (exception) {
    const about = { "user.id": "anna" };
    const severityNumber = SeverityNumber.ERROR;
    logs.getLogger("shop").emit({ severityNumber, body: "no cart", exception, attributes: about });
  }
  response.send("an empty cart");
});
shop.get("/refused", async (request, response) => {
  await fetch("http://127.0.0.1:1/").catch(() => response.send("try again later"));
});

const pages = ["/order", "/inside", "/plainly", "/handled", "/logged", "/refused", "/missing"];
const server = shop.listen(0, "127.0.0.1", async () => {
  for (const page of pages) {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}${page}`);
    console.log(page, answer.status);
    await answer.text();
  }
  server.closeAllConnections();
  server.close();
  setTimeout(() => process.kill(process.pid, "SIGTERM"), 300);
});
