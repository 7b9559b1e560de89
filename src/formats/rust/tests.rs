//! Tests of reading Rust sources.

use proptest::prelude::*;

use super::*;

fn call<'a>(file: &'a RustFile, name: &str) -> &'a RustCall {
    let found = file.calls.iter().find(|call| call.path() == Some(name) || call.method() == Some(name));
    found.unwrap_or_else(|| panic!("{name} in {file:#?}"))
}

#[test]
fn paths_are_resolved_and_contexts_known() {
    let text = r##"#!/usr/bin/env rust-script
use std::net::TcpListener as Std;
use tokio::{net::{self, TcpListener}, runtime::Runtime};

/// 日本語 🚀
#[tokio::main]
async fn main() {
    let listener = TcpListener::bind("127.0.0.1:8080").await.unwrap();
    axum::serve(listener, app()).await?;
    std::thread::spawn(move || helper());
    net::lookup_host("x");
}
fn start() { Std::bind("[::1]:80"); let task = async { inner() }; }
mod deep { use super::*; fn f() { Runtime::new().unwrap().block_on(x()); } }
#[cfg(test)]
mod tests { #[test] fn t() { probe(); } }
#[cfg(not(test))]
fn live() { live_call(); println!("{}", printed()); }
"##;
    let file = RustFile::parse(text);
    assert_eq!(file.error, None);
    let bind = call(&file, "tokio::net::TcpListener::bind");
    assert!(bind.is_awaited && bind.context == RustContext::Async && !bind.in_test);
    assert_eq!(bind.span.of(text), "TcpListener::bind(\"127.0.0.1:8080\")");
    let address = bind.address(0).unwrap();
    assert!(address.is_loopback());
    assert_eq!(address.host.unwrap().span.of(text), "127.0.0.1");
    assert_eq!(address.port.unwrap().span.of(text), "8080");
    assert_eq!(file.functions[bind.function.unwrap()].attributes, ["tokio::main"]);
    assert!(call(&file, "axum::serve").is_awaited && !call(&file, "app").is_awaited);
    assert_eq!(call(&file, "helper").context, RustContext::Closure);
    assert_eq!(call(&file, "tokio::net::lookup_host").name_span().of(text), "net::lookup_host");
    assert!(call(&file, "std::net::TcpListener::bind").address(0).unwrap().is_loopback());
    assert_eq!(call(&file, "inner").context, RustContext::Async);
    assert_eq!(call(&file, "block_on").context, RustContext::Sync);
    assert!(call(&file, "probe").in_test && !call(&file, "live_call").in_test);
    assert_eq!(call(&file, "printed").name_span().of(text), "printed");
}

#[test]
fn addresses_are_read_in_every_form() {
    for (body, words) in [
        (r#"bind("127.0.0.1:8080")"#, "127.0.0.1:8080 loopback"),
        (r#"bind(("localhost", 80))"#, "localhost:80 loopback"),
        (r#"bind(([127, 0, 0, 1], 3000))"#, "127.0.0.1:3000 loopback"),
        (r#"bind(&SocketAddr::from(([127, 0, 0, 1], 3000)))"#, "127.0.0.1:3000 loopback"),
        (r#"bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(0, 0, 0, 0)), 3000))"#, "0.0.0.0:3000"),
        (r#"bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT))"#, "127.0.0.1:9000 loopback"),
        (r#"bind((Ipv6Addr::UNSPECIFIED, PORT))"#, ":::9000"),
        (r#"let addr: SocketAddr = "127.0.0.1:1".parse().unwrap(); bind(&addr)"#, "127.0.0.1:1 loopback"),
        (r#"bind(ADDR)"#, "127.0.0.1:5000 loopback"),
        (r#"bind(crate::ADDR)"#, "127.0.0.1:5000 loopback"),
        (
            r#"let port = env::var("PORT").unwrap_or_else(|_| "3000".to_string()); bind(format!("127.0.0.1:{}", port))"#,
            "127.0.0.1:3000 loopback $PORT",
        ),
        (r#"let host = "0.0.0.0"; let port = 80; bind(format!("{host}:{port}"))"#, "0.0.0.0:80"),
        (r#"bind(env::var("ADDR").unwrap_or("127.0.0.1:8000".into()))"#, "127.0.0.1:8000 loopback $ADDR"),
        (
            r#"bind(("0.0.0.0", env::var("PORT").ok().and_then(|p| p.parse().ok()).unwrap_or(8080)))"#,
            "0.0.0.0:8080 $PORT",
        ),
        (r#"let mut addr = "127.0.0.1:1"; addr = other(); bind(addr)"#, "-"),
        (r#"bind("https://127.0.0.1:1")"#, "-"),
        (r#"bind(args.addr)"#, "-"),
        (r#"bind("SELECT x::int: 1")"#, "-"),
        (r#"bind(format!("watcher: {}", 1))"#, "-"),
        (r#"bind("name:")"#, "-"),
        (r#"bind("127.0.0.1:0")"#, "127.0.0.1:0 loopback"),
    ] {
        let text = format!(
            "use std::env;\nconst ADDR: &str = \"127.0.0.1:5000\";\nstatic PORT: u16 = 9000;\nfn f() {{ {body}; }}"
        );
        let file = RustFile::parse(&text);
        let said = call(&file, "bind").address(0).map_or("-".to_owned(), |address| {
            let host = address.host.as_ref().map_or("?", |host| host.value.as_str());
            let port = address.port.as_ref().map_or("?".to_owned(), |port| port.value.to_string());
            let loopback = if address.is_loopback() { " loopback" } else { "" };
            let variables: String = address.variables.iter().map(|name| format!(" ${name}")).collect();
            format!("{host}:{port}{loopback}{variables}")
        });
        assert_eq!(said, words, "{body}");
    }
}

#[test]
fn a_parameter_hides_a_constant() {
    let file = RustFile::parse("const ADDR: &str = \"127.0.0.1:1\"; fn f(ADDR: &str) { bind(ADDR) }");
    assert_eq!(call(&file, "bind").address(0), None);
}

#[test]
fn what_can_not_be_read_says_where() {
    let text = "fn f() { é }\nfn g( { }\n";
    let error = RustFile::parse(text).error.unwrap();
    assert!(error.span.start >= 13, "{error:?}");
    assert!(RustFile::parse("fn f() { \"open }").error.is_some());
}

#[test]
fn deep_nesting_does_not_overflow() {
    let n = 1_900;
    let shapes = |n: usize| {
        [
            ("(".repeat(n), "1".to_owned(), ")".repeat(n)),
            ("!".repeat(n), "1".to_owned(), String::new()),
            ("return ".repeat(n), String::new(), String::new()),
            ("|| ".repeat(n / 2), "1".to_owned(), String::new()),
            ("1 + ".repeat(n / 2), "1".to_owned(), String::new()),
            ("x".to_owned(), ".a()".repeat(n / 3), String::new()),
            ("{".repeat(n), String::new(), "}".repeat(n)),
            ("if a {} else ".repeat(n / 4), "{}".to_owned(), String::new()),
            ("f([".repeat(n / 3), String::new(), "])".repeat(n / 3)),
            ("let x: ".to_owned(), "A<".repeat(n / 2), ">".repeat(n / 2)),
            ("if !(".to_owned(), "!".repeat(n), "1) {}".to_owned()),
            ("m!(".repeat(n / 3), String::new(), ")".repeat(n / 3)),
        ]
    };
    for (before, middle, after) in shapes(n) {
        let _ = RustFile::parse(&format!("fn f() {{ {before}{middle}{after} }}"));
    }
    for (before, middle, after) in shapes(20_000) {
        assert!(RustFile::parse(&format!("fn f() {{ {before}{middle}{after} }}")).error.is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_is_read_with_valid_spans(text in "(\\PC{0,6}|fn f\\(\\) \\{|\\}|bind\\(\"é:1\"\\);|use a::b;|let x = 1;|format!\\(\"\\{é\\}\"\\);|//!é\\n|#!x\\n){0,8}") {
        let file = RustFile::parse(&text);
        let calls = file.calls.iter().flat_map(|call| [call.span, call.name_span()]);
        for span in calls.chain(file.functions.iter().map(|function| function.span)).chain(file.error.iter().map(|error| error.span)) {
            prop_assert!(text.get(span.start..span.end).is_some());
        }
    }
}
