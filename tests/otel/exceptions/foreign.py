"""Stack traces of other languages, as their runtimes and OpenTelemetry's SDKs write them."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["TRACES", "Trace"]


@dataclass(frozen=True)
class Trace:
    """A stack trace, and what it says.

    Args:
        name: of the case.
        language: the value of `telemetry.sdk.language`.
        text: the stack trace.
        chain: the type of each exception, with how it belongs to another one.
        last: where the outermost exception broke: function, file, line.
        own: the functions that count as the program's, outermost call first.
        platform: PostHog's name of the frames' format.
        type_name: the event's `exception.type`.
    """

    name: str
    language: str
    text: str
    last: tuple[str, str, int]
    own: list[str]
    platform: str
    type_name: str = "CartError"
    chain: list[tuple[str, str | None]] = field(default_factory=list)


TRACES = (
    Trace(
        "Node, with a promise, a module of npm and Node's own code",
        "nodejs",
        "CartError: cart 7\nis undefined\n"
        "    at load (/srv/app/cart.js:12:9)\n"
        "    at new Shop (file:///srv/app/shop.mjs:3:1)\n"
        "    at Shop.open (file:///C:/app/shop.mjs:3:1)\n"
        "    at async Shop.checkout [as pay] (C:\\app\\shop.js:40:3)\n"
        "    at async Promise.all (index 0)\n"
        "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)\n"
        "    at /srv/app/node_modules/express/lib/layer.js:95:5\n"
        "    at Array.map (<anonymous>)\n",
        ("load", "/srv/app/cart.js", 12),
        ["Shop.checkout [as pay]", "Shop.open", "new Shop", "load"],
        "node:javascript",
    ),
    Trace(
        "Node, with code in a string",
        "nodejs",
        "CartError: x\n    at eval (eval at load (/srv/app/cart.js:12:9), <anonymous>:1:7)\n"
        "    at load (/srv/app/cart.js:12:9)\n",
        ("eval", "/srv/app/cart.js", 12),
        ["load", "eval"],
        "node:javascript",
    ),
    Trace(
        "Node's inspection, with a cause and properties",
        "nodejs",
        "CartError: cart 7\n    at load (/srv/app/cart.js:12:9)\n    at main (/srv/app/shop.js:2:1) {\n"
        "  code: 'E_CART',\n  [cause]: TypeError: db is gone\n      at get (/srv/app/db.js:3:1) {\n"
        "    [cause]: RangeError: too far\n        at deep (/srv/app/deep.js:1:1)\n  }\n}\n",
        ("load", "/srv/app/cart.js", 12),
        ["main", "load"],
        "node:javascript",
        chain=[("CartError", None), ("TypeError", "cause"), ("RangeError", "cause")],
    ),
    Trace(
        "Node's inspection of an aggregate",
        "nodejs",
        "AggregateError: all failed\n    at race (/srv/app/race.js:5:1) {\n  [errors]: [\n"
        "    TypeError: one\n        at one (/srv/app/one.js:1:1),\n"
        "    RangeError: two\n        at two (/srv/app/two.js:2:2)\n  ]\n}\n",
        ("race", "/srv/app/race.js", 5),
        ["race"],
        "node:javascript",
        "AggregateError",
        [("AggregateError", None), ("TypeError", "member"), ("RangeError", "member")],
    ),
    Trace(
        "Chromium",
        "webjs",
        "Uncaught CartError: x\n    at load (https://shop.test/app.js?v=3:12:9)\n"
        "    at HTMLButtonElement.<anonymous> (https://shop.test/app.js:40:3)\n",
        ("load", "https://shop.test/app.js?v=3", 12),
        ["HTMLButtonElement.<anonymous>", "load"],
        "web:javascript",
    ),
    Trace(
        "a bundler's addresses",
        "webjs",
        "CartError: x\n    at load (webpack-internal:///./src/cart.ts:12:9)\n"
        "    at useCart (webpack-internal:///./node_modules/swr/index.js:1:2)\n",
        ("load", "webpack-internal:///./src/cart.ts", 12),
        ["load"],
        "web:javascript",
    ),
    Trace(
        "Firefox",
        "webjs",
        "load@https://shop.test/app.js:12:9\nasync*checkout@https://shop.test/app.js:40:3\n"
        "@https://shop.test/app.js:1:1\n",
        ("load", "https://shop.test/app.js", 12),
        ["?", "async*checkout", "load"],
        "web:javascript",
    ),
    Trace(
        "Safari",
        "webjs",
        "load@https://shop.test/app.js:12:9\nmap@[native code]\nglobal code@https://shop.test/app.js:40:3\n",
        ("load", "https://shop.test/app.js", 12),
        ["global code", "load"],
        "web:javascript",
    ),
    Trace(
        "Java, with modules, a lambda, a cause, what both share, and a suppressed exception",
        "java",
        'Exception in thread "main" shop.Cart$CartError: cart 7\n'
        "\tat app//shop.Cart.load(Cart.java:12)\n"
        "\tat shop.Cart$$Lambda/0x00007f1c04001200.run(Unknown Source)\n"
        "\tat java.base@21/java.lang.Thread.run(Thread.java:1583)\n"
        "\tSuppressed: java.io.IOException: close\n\t\tat shop.Db.close(Db.java:9)\n\t\t... 2 more\n"
        "Caused by: java.lang.IllegalStateException: db is gone\n"
        "\tat shop.Db.<init>(Db.java:3)\n\tat jdk.internal.Foo.bar(Native Method)\n\t... 2 more\n"
        "Caused by: [CIRCULAR REFERENCE: shop.Cart$CartError: cart 7]\n",
        ("load", "Cart.java", 12),
        ["run", "load"],
        "java",
        "shop.Cart.CartError",
        [
            ("Cart.CartError", None),
            ("java.io.IOException", "suppressed"),
            ("java.lang.IllegalStateException", "cause"),
        ],
    ),
    Trace(
        "Kotlin, with a message of several lines",
        "java",
        "shop.CartError: cart 7\nat the counter\n\tat shop.CartKt.load(Cart.kt:12)\n"
        "\tat kotlinx.coroutines.DispatchedTask.run(DispatchedTask.kt:106)\n",
        ("load", "Cart.kt", 12),
        ["load"],
        "java",
        "shop.CartError",
    ),
    Trace(
        "Go, a panic with what records it",
        "go",
        "goroutine 1 [running]:\n"
        "go.opentelemetry.io/otel/sdk/trace.recordStackTrace()\n"
        "\t/root/go/pkg/mod/go.opentelemetry.io/otel/sdk@v1.47.0/trace/span.go:500 +0x2e\n"
        "panic({0x1, 0x2})\n\t/usr/local/go/src/runtime/panic.go:770 +0x132\n"
        "shop.example/cart.(*Cart[...]).load.func1(0x7, {0x1, 0x2})\n\t/srv/app/cart.go:12 +0x1d\n"
        "net/http.HandlerFunc.ServeHTTP(0x1)\n\t/usr/local/go/src/net/http/server.go:2171 +0x29\n"
        "github.com/gorilla/mux.(*Router).ServeHTTP(0x2)\n"
        "\t/root/go/pkg/mod/github.com/gorilla/mux@v1/mux.go:5 +0x1\n"
        "created by main.main in goroutine 1\n\t/srv/app/main.go:40 +0x25\n"
        "\ngoroutine 2 [select]:\nmain.other()\n\t/srv/app/other.go:1 +0x1\n",
        ("shop.example/cart.(*Cart[...]).load.func1", "/srv/app/cart.go", 12),
        ["main.main", "shop.example/cart.(*Cart[...]).load.func1"],
        "go",
        "*shop.CartError",
    ),
    Trace(
        "Go, an error of pkg/errors",
        "go",
        "db is gone\nmain.load\n\t/srv/app/main.go:12\nmain.main\n\t/srv/app/main.go:40\n"
        "runtime.main\n\t/usr/local/go/src/runtime/proc.go:271\n",
        ("main.load", "/srv/app/main.go", 12),
        ["main.main", "main.load"],
        "go",
        "*errors.fundamental",
    ),
    Trace(
        "Ruby before 3.4, with a cause",
        "ruby",
        "app/cart.rb:12:in `load': cart 7 (Shop::CartError)\n\tfrom app/shop.rb:40:in `block in checkout'\n"
        "\tfrom /usr/lib/ruby/gems/3.1.0/gems/rack-3.0/lib/rack.rb:5:in `call'\n"
        "app/db.rb:3:in `get': db is gone (IOError)\n\tfrom app/cart.rb:10:in `load'\n",
        ("load", "app/cart.rb", 12),
        ["block in checkout", "load"],
        "ruby",
        "Shop::CartError",
        [("Shop::CartError", None), ("IOError", "cause")],
    ),
    Trace(
        "Ruby since 3.4, with a message of several lines and colors",
        "ruby",
        "app/cart.rb:12:in 'Shop::Cart#load': \x1b[1mcart 7 (\x1b[1;4mShop::CartError\x1b[m\x1b[1m)\x1b[m\n"
        "second line\n"
        "\tfrom app/shop.rb:40:in 'Shop#checkout'\n\tfrom <internal:kernel>:187:in 'loop'\n",
        ("Shop::Cart#load", "app/cart.rb", 12),
        ["Shop#checkout", "Shop::Cart#load"],
        "ruby",
        "Shop::CartError",
    ),
    Trace(
        "Ruby, the oldest call first",
        "ruby",
        "Traceback (most recent call last):\n\t1: from app/shop.rb:40:in `checkout'\n"
        "app/cart.rb:12:in `load': cart 7 (Shop::CartError)\n",
        ("load", "app/cart.rb", 12),
        ["checkout", "load"],
        "ruby",
        "Shop::CartError",
    ),
    Trace(
        "PHP, by OpenTelemetry's SDK",
        "php",
        "Shop\\CartError: cart 7\n at Shop.Cart.load(Cart.php:12)\n at Shop.{closure}(Closure.php:7)\n"
        " at main(index.php:40)\n"
        "Caused by: RuntimeException: db is gone\n at Shop.Db.get(Db.php:3)\n ... 1 more",
        ("Shop.Cart.load", "Cart.php", 12),
        ["main", "Shop.{closure}", "Shop.Cart.load"],
        "php",
        "Shop\\CartError",
        [("Shop\\CartError", None), ("RuntimeException", "cause")],
    ),
    Trace(
        "PHP's own, the previous exception first",
        "php",
        "PHP Fatal error:  Uncaught RuntimeException: db is gone in /srv/app/Db.php:3\nStack trace:\n"
        "#0 /srv/app/Cart.php(10): Shop\\Db->get()\n#1 {main}\n\n"
        "Next Shop\\CartError: cart 7 in /srv/app/Cart.php:12\nStack trace:\n"
        "#0 /srv/app/vendor/router/Router.php(5): Shop\\Cart->load(7)\n"
        "#1 [internal function]: Router->call()\n#2 /srv/app/index.php(40): array_map()\n#3 {main}\n  thrown",
        ("Shop\\Cart->load", "/srv/app/Cart.php", 12),
        ["{main}", "Shop\\Cart->load"],
        "php",
        "Shop\\CartError",
        [("Shop\\CartError", None), ("RuntimeException", "cause")],
    ),
    Trace(
        "PHP's trace without the exception",
        "php",
        "#0 /srv/app/Cart.php(40): Shop\\Cart->load('x')\n#1 [internal function]: Shop\\Kernel->{closure}()\n"
        "#2 /srv/app/vendor/router/Router.php(5): call_user_func(Object(Closure))\n#3 {main}",
        ("Shop\\Cart->load", "", 0),
        ["Shop\\Kernel->{closure}", "Shop\\Cart->load"],
        "php",
        "Shop\\CartError",
    ),
    Trace(
        ".NET, with inner exceptions, a task and a lambda",
        "dotnet",
        "Shop.CartError: cart 7\n ---> System.InvalidOperationException: db is gone\n"
        " ---> System.IO.IOException: broken\n   at Shop.Disk.Read() in /srv/app/Disk.cs:line 1\n"
        "   --- End of inner exception stack trace ---\n"
        "   at Shop.Db.Get() in /srv/app/Db.cs:line 3\n   --- End of inner exception stack trace ---\n"
        "   at Shop.Cart.<>c.<Load>b__0_0(Int32 id) in C:\\app\\Cart.cs:line 12\n"
        "--- End of stack trace from previous location ---\n"
        "   at System.Threading.Tasks.Task.Run(Action`1 a, Object o)\n"
        "   at Shop.Program.Main() in /srv/app/Program.cs:line 5",
        ("Shop.Cart.<>c.<Load>b__0_0", "C:\\app\\Cart.cs", 12),
        ["Shop.Program.Main", "Shop.Cart.<>c.<Load>b__0_0"],
        "custom",
        "Shop.CartError",
        [
            ("CartError", None),
            ("System.InvalidOperationException", "cause"),
            ("System.IO.IOException", "cause"),
        ],
    ),
    Trace(
        ".NET, several at once, on a German machine",
        "dotnet",
        "System.AggregateException: Mindestens ein Fehler.\n ---> Shop.CartError: one\n"
        "   bei Shop.Cart.Load() in /srv/app/Cart.cs:Zeile 12.\n   --- Ende der Ablaufverfolgung ---\n"
        "   bei Shop.Program.Main() in /srv/app/Program.cs:Zeile 5.\n"
        " ---> (Inner Exception #1) Shop.PayError: two\n"
        "   bei Shop.Pay.Go() in /srv/app/Pay.cs:Zeile 7.<---\n",
        ("Shop.Program.Main", "/srv/app/Program.cs", 5),
        ["Shop.Program.Main"],
        "custom",
        "System.AggregateException",
        [("AggregateException", None), ("Shop.CartError", "cause"), ("Shop.PayError", "member")],
    ),
    Trace(
        "Rust, with what captures the backtrace",
        "rust",
        "   0: std::backtrace::Backtrace::create\n"
        "             at /rustc/9fc6b431/library/std/src/backtrace.rs:331:13\n"
        "   1: anyhow::error::<impl anyhow::Error>::msg\n"
        "   2: shop::cart::load\n             at ./src/cart.rs:12:9\n"
        "   3: <core::future::Ready<T> as core::future::Future>::poll\n"
        "             at /rustc/9fc6b431/library/core/src/future.rs:5:1\n"
        "   4: shop::main\n             at ./src/main.rs:40:5\n",
        ("shop::cart::load", "./src/cart.rs", 12),
        ["shop::main", "shop::cart::load"],
        "rust",
    ),
    Trace(
        "Rust, an error of anyhow with causes",
        "rust",
        "cart 7\n\nCaused by:\n    0: db is gone\n    1: broken\n\nStack backtrace:\n"
        "   0: shop::cart::load\n             at ./src/cart.rs:12:9\n",
        ("shop::cart::load", "./src/cart.rs", 12),
        ["shop::cart::load"],
        "rust",
        chain=[("CartError", None), ("Exception", "cause"), ("Exception", "cause")],
    ),
    Trace(
        "Elixir",
        "erlang",
        "** (Shop.CartError) cart 7\n    (shop 0.1.0) lib/shop/cart.ex:12: Shop.Cart.load/1\n"
        '    (elixir 1.16.0) lib/enum.ex:987: Enum."-each/2-lists^foreach/1-0-"/2\n'
        '    (stdlib 5.0) :lists.foreach/2\n    :erlang.binary_to_integer("x")\n'
        "    (shop 0.1.0) anonymous fn/1 in Shop.Cart.each/1\n"
        "    test.exs:3: (file)\n",
        ("Shop.Cart.load/1", "lib/shop/cart.ex", 12),
        ["(file)", "anonymous fn/1 in Shop.Cart.each/1", "Shop.Cart.load/1"],
        "custom",
        "Elixir.Shop.CartError",
        [("Shop.CartError", None)],
    ),
    Trace(
        "Erlang",
        "erlang",
        '[{shop,load,1,[{file,"src/shop.erl"},{line,12}]},{lists,map,2,[{file,"lists.erl"},{line,1239}]}]',
        ("shop:load/1", "src/shop.erl", 12),
        ["shop:load/1"],
        "custom",
        "badarith",
    ),
)
