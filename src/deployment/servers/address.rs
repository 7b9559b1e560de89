//! Addresses that servers bind.

use std::fmt;

/// An address that a server listens on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// Only processes on the same machine, or in the same container, reach it.
    Loopback(String),
    /// Every interface.
    All,
    /// A name or address of its own.
    Other(String),
    /// Computed when the program runs.
    Unknown,
}

impl Host {
    /// Tells the kind of address from its text; an empty text is every interface.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let bare = text.trim().trim_start_matches('[').trim_end_matches(']');
        match bare {
            "" | "0.0.0.0" | "::" | "*" | "0" => Self::All,
            "localhost" | "::1" | "0:0:0:0:0:0:0:1" | "ip6-localhost" => Self::Loopback(bare.to_owned()),
            _ if bare.starts_with("127.") => Self::Loopback(bare.to_owned()),
            _ if bare.contains(['$', '{', '%']) => Self::Unknown,
            _ => Self::Other(bare.to_owned()),
        }
    }

    /// Takes `host:port`, `:port`, `port` or `host` apart. A socket file is [`Host::Other`] without a port.
    #[must_use]
    pub fn parse_bind(text: &str) -> (Self, Option<u16>) {
        let text = text.trim();
        if text.starts_with("unix:") || text.starts_with("fd://") || text.contains('/') && !text.contains("://") {
            return (Self::Other(text.to_owned()), None);
        }
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        if let Ok(port) = text.parse() {
            return (Self::All, Some(port));
        }
        match text.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') || host.is_empty() => (Self::parse(host), port.parse().ok()),
            _ => (Self::parse(text), None),
        }
    }

    /// Whether nothing outside the machine or container reaches it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        matches!(self, Self::Loopback(_))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback(text) | Self::Other(text) => f.write_str(text),
            Self::All => f.write_str("0.0.0.0"),
            Self::Unknown => f.write_str("an address computed at run time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        let loopback = |text: &str| Host::Loopback(text.to_owned());
        for (text, host, port) in [
            ("127.0.0.1:8000", loopback("127.0.0.1"), Some(8000)),
            ("[::1]:80", loopback("::1"), Some(80)),
            ("[::]:80", Host::All, Some(80)),
            (":5000", Host::All, Some(5000)),
            ("8080", Host::All, Some(8080)),
            ("localhost", loopback("localhost"), None),
            ("0.0.0.0:$PORT", Host::All, None),
            ("unix:/run/app.sock", Host::Other("unix:/run/app.sock".to_owned()), None),
            ("tcp://127.0.0.1:1", loopback("127.0.0.1"), Some(1)),
            ("$HOST:80", Host::Unknown, Some(80)),
        ] {
            assert_eq!(Host::parse_bind(text), (host, port), "{text}");
        }
    }
}
