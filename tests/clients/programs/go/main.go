// A shop in Go that fails in every way, and knows nothing about PostHog.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

type CartError struct{ why string }

func (e *CartError) Error() string { return e.why }

func load(span trace.Span, why string) error {
	err := &CartError{why}
	span.RecordError(err, trace.WithStackTrace(true))
	return err
}

func main() {
	ctx := context.Background()
	spans, records := start(ctx)
	logger := records.Logger("shop")

	shop := http.NewServeMux()
	page := func(name string, handle func(http.ResponseWriter, *http.Request, trace.Span)) {
		shop.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) {
			span := trace.SpanFromContext(r.Context())
			span.SetAttributes(attribute.String("user.id", "anna"))
			handle(w, r, span)
		})
	}
	page("order", func(w http.ResponseWriter, r *http.Request, span trace.Span) {
		span.AddEvent("order_placed", trace.WithAttributes(attribute.Int("items", 3)))
	})
	page("inside", func(w http.ResponseWriter, r *http.Request, _ trace.Span) {
		_, span := otel.Tracer("shop").Start(r.Context(), "load the cart")
		defer span.End()
		err := load(span, "inside")
		span.SetStatus(codes.Error, err.Error())
		http.Error(w, "no cart", http.StatusInternalServerError)
	})
	page("plainly", func(http.ResponseWriter, *http.Request, trace.Span) { panic("plainly") })
	page("handled", func(w http.ResponseWriter, r *http.Request, span trace.Span) { _ = load(span, "handled") })
	page("logged", func(w http.ResponseWriter, r *http.Request, _ trace.Span) {
		var record log.Record
		record.SetTimestamp(time.Now())
		record.SetSeverity(log.SeverityError)
		record.SetBody(attribute.StringValue("no cart"))
		record.AddAttributes(attribute.String("exception.type", "*main.CartError"), attribute.String("exception.message", "logged"))
		logger.Emit(r.Context(), record)
	})
	page("refused", func(w http.ResponseWriter, r *http.Request, _ trace.Span) {
		client := http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)}
		request, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, "http://127.0.0.1:1/", nil)
		if _, err := client.Do(request); err != nil {
			fmt.Fprintln(w, "try again later")
		}
	})

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	server := &http.Server{Handler: otelhttp.NewHandler(shop, "shop")}
	go server.Serve(listener)
	for _, name := range []string{"order", "inside", "plainly", "handled", "logged", "refused", "missing"} {
		answer, err := http.Get("http://" + listener.Addr().String() + "/" + name)
		if err == nil {
			fmt.Println(name, answer.StatusCode)
			answer.Body.Close()
		}
	}
	check(errors.Join(server.Shutdown(ctx), spans.Shutdown(ctx), records.Shutdown(ctx)))
}

func start(ctx context.Context) (*sdktrace.TracerProvider, *sdklog.LoggerProvider) {
	toTraces, err := otlptracehttp.New(ctx)
	check(err)
	toLogs, err := otlploghttp.New(ctx)
	check(err)
	spans := sdktrace.NewTracerProvider(sdktrace.WithBatcher(toTraces))
	otel.SetTracerProvider(spans)
	return spans, sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(toLogs)))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
