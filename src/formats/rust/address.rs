//! Socket addresses in the forms in which Rust code writes them.

use super::value::{FormatPiece, RustValue};
use crate::diagnostic::{Span, Spanned};

/// An address to listen on or to connect to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RustAddress {
    /// The host, as text: `127.0.0.1`, `0.0.0.0`, `::1`, `localhost`. Where it comes from a variable, its default.
    pub host: Option<Spanned<String>>,
    /// The port. Where it comes from a variable, its default.
    pub port: Option<Spanned<u16>>,
    /// The environment variables that decide, where they are set, over the whole or a part of it.
    pub variables: Vec<String>,
}

impl RustAddress {
    /// The address that a value states; `None` where it states neither host nor port.
    #[must_use]
    pub fn of(value: &Spanned<RustValue>) -> Option<Self> {
        let mut address = Self::default();
        address.read(value);
        (address.host.is_some() || address.port.is_some()).then_some(address)
    }

    /// Whether the host is loopback: only the machine itself reaches it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host.as_ref().is_some_and(|host| {
            let host = host.value.trim_matches(['[', ']']);
            host.eq_ignore_ascii_case("localhost")
                || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        })
    }

    fn read(&mut self, value: &Spanned<RustValue>) {
        match &value.value {
            RustValue::Str(text) => self.read_text(text, value.span),
            RustValue::Tuple(parts) => {
                if let [host, port] = parts.as_slice() {
                    self.read_host(host);
                    self.read_port(port);
                }
            }
            RustValue::Call { path, arguments } => {
                let type_and_function: Vec<&str> = path.rsplit("::").take(2).collect();
                match (type_and_function.as_slice(), arguments.as_slice()) {
                    (["new", "SocketAddr" | "SocketAddrV4" | "SocketAddrV6"], [host, port, ..]) => {
                        self.read_host(host);
                        self.read_port(port);
                    }
                    (["from" | "V4" | "V6" | "from_str", "SocketAddr" | "SocketAddrV4" | "SocketAddrV6"], [inner]) => {
                        self.read(inner);
                    }
                    _ => {}
                }
            }
            RustValue::Env { name, default } => {
                self.variables.extend(name.clone());
                if let Some(default) = default {
                    self.read(default);
                }
            }
            RustValue::Format(pieces) => self.read_format(pieces, value.span),
            _ => {}
        }
    }

    fn read_host(&mut self, value: &Spanned<RustValue>) {
        let host = match &value.value {
            RustValue::Str(text) => Some(text.clone()),
            RustValue::Array(numbers) => dotted(numbers),
            RustValue::Path(path) => constant(path),
            RustValue::Call { path, arguments } => {
                let type_and_function: Vec<&str> = path.rsplit("::").take(2).collect();
                match (type_and_function.as_slice(), arguments.as_slice()) {
                    (["new", "Ipv4Addr"], numbers) => dotted(numbers),
                    (["V4" | "V6" | "from" | "from_str", "IpAddr" | "Ipv4Addr" | "Ipv6Addr"], [inner]) => {
                        return self.read_host(inner);
                    }
                    _ => None,
                }
            }
            RustValue::Env { name, default } => {
                self.variables.extend(name.clone());
                if let Some(default) = default {
                    self.read_host(default);
                }
                return;
            }
            _ => None,
        };
        self.host = host.map(|host| Spanned::new(host, value.span));
    }

    fn read_port(&mut self, value: &Spanned<RustValue>) {
        let port = match &value.value {
            RustValue::Int(number) => u16::try_from(*number).ok(),
            RustValue::Str(text) => text.parse().ok(),
            RustValue::Env { name, default } => {
                self.variables.extend(name.clone());
                if let Some(default) = default {
                    self.read_port(default);
                }
                return;
            }
            _ => None,
        };
        self.port = port.map(|port| Spanned::new(port, value.span));
    }

    /// `host:port`, with the places of both where the literal has no escapes.
    fn read_text(&mut self, text: &str, span: Span) {
        let Some(colon) = text.rfind(':') else { return };
        let (host, port) = (text.get(..colon).unwrap_or_default(), text.get(colon + 1..).unwrap_or_default());
        let Some(port) = port.parse().ok().filter(|_| is_host(host)) else { return };
        let inside = |start: usize, end: usize| {
            let quotes = span.len().checked_sub(text.len()).filter(|extra| *extra == 2);
            quotes.map_or(span, |_| Span::new(span.start + 1 + start, span.start + 1 + end))
        };
        if !host.is_empty() {
            self.host = Some(Spanned::new(host.to_owned(), inside(0, colon)));
        }
        self.port = Some(Spanned::new(port, inside(colon + 1, text.len())));
    }

    /// `format!("{host}:{port}")`, either of which may be text.
    fn read_format(&mut self, pieces: &[FormatPiece], span: Span) {
        match pieces {
            [FormatPiece::Text(head), rest @ ..] if head.contains(':') => {
                let Some((host, port)) = head.rsplit_once(':').filter(|(host, _)| is_host(host)) else { return };
                if !port.is_empty() && port.parse::<u16>().is_err() {
                    return;
                }
                self.host = Some(Spanned::new(host.to_owned(), span));
                match rest {
                    [FormatPiece::Value(value)] if port.is_empty() => self.read_port(value),
                    [] => self.port = port.parse().ok().map(|port| Spanned::new(port, span)),
                    _ => {}
                }
            }
            [FormatPiece::Value(host), FormatPiece::Text(colon), FormatPiece::Value(port)] if colon == ":" => {
                self.read_host(host);
                self.read_port(port);
            }
            [FormatPiece::Value(host), FormatPiece::Text(text)] if text.starts_with(':') => {
                self.read_host(host);
                self.port = text.get(1..).and_then(|port| port.parse().ok()).map(|port| Spanned::new(port, span));
            }
            _ => {}
        }
    }
}

/// Whether a text can be the host of an address: a name, an IPv4 address, an IPv6 address in brackets, or nothing.
fn is_host(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']' | '*'))
}

/// Four numbers as an IPv4 address.
fn dotted(numbers: &[Spanned<RustValue>]) -> Option<String> {
    let numbers: Option<Vec<String>> = numbers
        .iter()
        .map(|number| match number.value {
            RustValue::Int(number @ 0..=255) => Some(number.to_string()),
            _ => None,
        })
        .collect();
    numbers.filter(|numbers| numbers.len() == 4).map(|numbers| numbers.join("."))
}

/// The constants of `std::net`.
fn constant(path: &str) -> Option<String> {
    let type_and_name: Vec<&str> = path.rsplit("::").take(2).collect();
    let address = match type_and_name.as_slice() {
        ["LOCALHOST", "Ipv4Addr"] => "127.0.0.1",
        ["UNSPECIFIED", "Ipv4Addr"] => "0.0.0.0",
        ["LOCALHOST", "Ipv6Addr"] => "::1",
        ["UNSPECIFIED", "Ipv6Addr"] => "::",
        _ => return None,
    };
    Some(address.to_owned())
}
