import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A shop in Java that fails in every way; OpenTelemetry's agent sends its spans and log records. */
public class Shop {
  static final HttpClient CLIENT = HttpClient.newHttpClient();

  static class CartException extends RuntimeException {
    CartException(String why, Throwable cause) {
      super(why, cause);
    }
  }

  interface Page {
    void open() throws IOException, InterruptedException;
  }

  static void load(String why) {
    throw new CartException(why, new IllegalStateException("the database is gone"));
  }

  static void order() {
    Span.current().addEvent("order_placed", Attributes.of(AttributeKey.longKey("items"), 3L));
  }

  static void inside() {
    Span span = GlobalOpenTelemetry.getTracer("shop").spanBuilder("load the cart").startSpan();
    try (Scope scope = span.makeCurrent()) {
      load("inside");
    } catch (CartException error) {
      span.recordException(error).setStatus(StatusCode.ERROR);
      throw error;
    } finally {
      span.end();
    }
  }

  static void handled() {
    try {
      load("handled");
    } catch (CartException error) {
      Span.current().recordException(error);
    }
  }

  static void logged() {
    try {
      load("logged");
    } catch (CartException error) {
      Logger.getLogger("shop").log(Level.SEVERE, "no cart", error);
    }
  }

  static void refused() throws InterruptedException {
    try {
      CLIENT.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:1/")).build(), BodyHandlers.discarding());
    } catch (IOException error) {
      System.out.println("try again later");
    }
  }

  static void serve(HttpServer server, String name, Page page) {
    server.createContext("/" + name, (HttpExchange exchange) -> {
      Span.current().setAttribute("user.id", "anna");
      try {
        page.open();
      } catch (InterruptedException error) {
        throw new IOException(error);
      }
      exchange.sendResponseHeaders(200, -1);
      exchange.close();
    });
  }

  public static void main(String[] arguments) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    serve(server, "order", Shop::order);
    serve(server, "inside", Shop::inside);
    serve(server, "plainly", () -> load("plainly"));
    serve(server, "handled", Shop::handled);
    serve(server, "logged", Shop::logged);
    serve(server, "refused", Shop::refused);
    server.start();
    String shop = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    for (String page : List.of("order", "inside", "plainly", "handled", "logged", "refused", "missing")) {
      try {
        // The client would repeat a GET whose connection breaks.
        HttpRequest request = HttpRequest.newBuilder(URI.create(shop + page)).POST(BodyPublishers.noBody()).build();
        System.out.println(page + " " + CLIENT.send(request, BodyHandlers.discarding()).statusCode());
      } catch (IOException error) {
        System.out.println(page + " " + error);
      }
    }
    server.stop(0);
    System.exit(0);
  }
}
