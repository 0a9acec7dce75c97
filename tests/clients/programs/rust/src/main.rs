//! A shop in Rust that fails in every way, with OpenTelemetry's own SDK and spans of its own.

use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::trace::{Span, SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{LogExporter, SpanExporter};
use opentelemetry_sdk::{logs::SdkLoggerProvider, trace::SdkTracerProvider};

#[derive(Debug)]
struct CartError(&'static str);

impl std::fmt::Display for CartError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for CartError {}

fn load(why: &'static str) -> Result<(), CartError> {
    Err(CartError(why))
}

fn main() {
    let to_traces = SpanExporter::builder().with_http().build().unwrap();
    let spans = SdkTracerProvider::builder().with_batch_exporter(to_traces).build();
    let to_logs = LogExporter::builder().with_http().build().unwrap();
    let records = SdkLoggerProvider::builder().with_batch_exporter(to_logs).build();
    let (tracer, logger) = (spans.tracer("shop"), records.logger("shop"));
    let request = |name: &'static str| {
        let about = vec![KeyValue::new("user.id", "anna")];
        tracer.span_builder(name).with_kind(SpanKind::Server).with_attributes(about).start(&tracer)
    };

    request("order").add_event("order_placed", vec![KeyValue::new("items", 3)]);

    let context = Context::current_with_span(request("inside"));
    let mut inner = tracer.start_with_context("load the cart", &context);
    if let Err(error) = load("inside") {
        inner.record_error(&error);
        inner.set_status(Status::error(error.to_string()));
        inner.end();
        context.span().set_attribute(KeyValue::new("http.response.status_code", 500));
        context.span().set_status(Status::error("500"));
    }
    context.span().end();

    let mut span = request("plainly");
    if let Err(error) = load("plainly") {
        span.record_error(&error);
        span.set_status(Status::error(error.to_string()));
    }
    span.end();

    let mut span = request("handled");
    if let Err(error) = load("handled") {
        span.record_error(&error);
    }
    span.end();

    let context = Context::current_with_span(request("logged"));
    if let Err(error) = load("logged") {
        let _active = context.clone().attach();
        let mut record = logger.create_log_record();
        record.set_severity_number(Severity::Error);
        record.set_body(AnyValue::from("no cart"));
        record.add_attribute("exception.message", error.to_string());
        logger.emit(record);
    }
    context.span().end();

    let context = Context::current_with_span(request("refused"));
    let call = tracer.span_builder("GET").with_kind(SpanKind::Client);
    let mut call = call.start_with_context(&tracer, &context);
    call.record_error(&CartError("refused"));
    call.set_status(Status::error("refused"));
    call.end();
    context.span().end();

    let mut span = request("missing");
    span.record_error(&CartError("missing"));
    span.set_attribute(KeyValue::new("http.response.status_code", 404));
    span.end();

    spans.shutdown().unwrap();
    records.shutdown().unwrap();
}
