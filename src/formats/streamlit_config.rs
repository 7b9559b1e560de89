//! `.streamlit/config.toml`: where Streamlit's server listens.

use crate::diagnostic::{Span, Spanned};

use super::toml;

/// What the `[server]` table says of the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamlitConfig {
    /// `server.address`
    pub address: Option<Spanned<String>>,
    /// `server.port`
    pub port: Option<Spanned<u16>>,
}

impl StreamlitConfig {
    /// Reads the file; a file that is no TOML says nothing.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let Ok(document) = toml::parse_document(text) else { return Self::default() };
        let Some(server) = toml::table_at(document.as_table(), &["server"]) else { return Self::default() };
        let address = server.get("address").and_then(|item| toml::string_of(text, item)).map(|text| text.spanned());
        let port = server.get("port").and_then(|item| {
            let number = u16::try_from(item.as_integer()?).ok()?;
            Some(Spanned::new(number, Span::from(item.span()?)))
        });
        Self { address, port }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_table_is_read() {
        let text = "[theme]\nport = 1\n[server]\nheadless = true\nport = 7860\naddress = \"127.0.0.1\"\n";
        let config = StreamlitConfig::parse(text);
        let port = config.port.unwrap();
        assert_eq!((port.value, port.span.of(text)), (7860, "7860"));
        assert_eq!(config.address.unwrap().value, "127.0.0.1");
        assert_eq!(StreamlitConfig::parse("[server"), StreamlitConfig::default());
    }
}
