//! Patterns of qualified names.

use std::fmt;

/// A qualified name, a part of which may end in `()` for what a call returned, and in which `*` stands for one part or for any letters of it, and `**` for any number of parts, none
/// included: `transformers.*.from_pretrained`, `transformers.TF*`, `gradio.**.style`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SymbolPattern(Box<str>);

/// A text that is not a pattern of qualified names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a dotted name with `*` in its parts or `**` as one of them")]
pub struct PatternError(pub String);

impl SymbolPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] where a part is neither an identifier, with at most one `*`, nor `**`, or the first is not an identifier.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let identifier = |part: &str| {
            let part = part.strip_suffix("()").unwrap_or(part);
            !part.starts_with(|first: char| first.is_ascii_digit())
                && !part.is_empty()
                && part.chars().all(|character| character.is_alphanumeric() || character == '_')
        };
        let valid = pattern.split('.').enumerate().all(|(index, part)| match part {
            "*" | "**" => index > 0,
            _ if index > 0 => identifier(&part.replacen('*', "_", 1)),
            _ => identifier(part),
        });
        if valid && pattern.matches("**").count() <= 1 {
            Ok(Self(pattern.into()))
        } else {
            Err(PatternError(pattern.to_owned()))
        }
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `qualified` is one of the names meant.
    #[must_use]
    pub fn matches(&self, qualified: &str) -> bool {
        match self.0.split_once("**") {
            None => self.rest_of(qualified) == Some(""),
            Some((before, after)) => {
                let (before, after) = (before.trim_end_matches('.'), after.trim_start_matches('.'));
                let parts: Vec<&str> = qualified.split('.').collect();
                let front: Vec<&str> = before.split('.').collect();
                let back: Vec<&str> = after.split('.').filter(|part| !part.is_empty()).collect();
                let agree = |part: (&&str, &&str)| part_matches(part.0, part.1);
                front.len() + back.len() <= parts.len()
                    && front.iter().zip(&parts).all(agree)
                    && back.iter().rev().zip(parts.iter().rev()).all(agree)
            }
        }
    }

    /// Whether `qualified` is one of the names meant or something in it.
    #[must_use]
    pub fn matches_within(&self, qualified: &str) -> bool {
        self.rest_of(qualified).is_some() || self.matches(qualified)
    }

    /// What follows in `qualified` after the names meant: "" or `.rest`. `None` where it does not begin with one, and
    /// for patterns with `**`.
    #[must_use]
    pub fn rest_of<'name>(&self, qualified: &'name str) -> Option<&'name str> {
        let mut rest = qualified;
        for (index, part) in self.0.split('.').enumerate() {
            if index > 0 {
                rest = rest.strip_prefix('.')?;
            }
            let end = rest.find('.').unwrap_or(rest.len());
            let (actual, after) = rest.split_at(end);
            if part == "**" || actual.is_empty() || !part_matches(part, actual) {
                return None;
            }
            rest = after;
        }
        Some(rest)
    }

    /// The longest literal stretch of the last part: a source that uses the symbol contains it.
    #[must_use]
    pub fn needle(&self) -> Option<&str> {
        let last = self.0.rsplit('.').next()?;
        last.split('*').max_by_key(|literal| literal.len()).filter(|literal| !literal.is_empty())
    }
}

/// Whether one part of a name is what one part of a pattern means.
fn part_matches(pattern: &str, part: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == part,
        Some((start, end)) => part.len() >= start.len() + end.len() && part.starts_with(start) && part.ends_with(end),
    }
}

impl fmt::Display for SymbolPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::SymbolPattern;

    #[test]
    fn patterns_match_whole_names_part_by_part() {
        for (pattern, name, expected) in [
            ("asyncio.coroutine", "asyncio.coroutine", true),
            ("asyncio.coroutine", "asyncio.coroutines", false),
            ("asyncio.coroutine", "asyncio.coroutine.x", false),
            ("transformers.*.from_pretrained", "transformers.AutoModel.from_pretrained", true),
            ("transformers.*.from_pretrained", "transformers.from_pretrained", false),
            ("transformers.*.from_pretrained", "transformers.models.bert.BertModel.from_pretrained", false),
            ("transformers.**.from_pretrained", "transformers.models.bert.BertModel.from_pretrained", true),
            ("transformers.**.from_pretrained", "transformers.from_pretrained", true),
            ("transformers.**.from_pretrained", "diffusers.DiffusionPipeline.from_pretrained", false),
            ("gradio.inputs.**", "gradio.inputs", true),
            ("gradio.inputs.**", "gradio.inputs.Textbox", true),
            ("gradio.**.a.a", "gradio.a", false),
            ("gradio.*", "gradio.", false),
            ("transformers.TF*.from_pretrained", "transformers.TFBertModel.from_pretrained", true),
            ("transformers.TF*", "transformers.BertModel", false),
            ("transformers.*FeatureExtractor", "transformers.ViTFeatureExtractor", true),
            ("sqlalchemy.create_engine().execute", "sqlalchemy.create_engine().execute", true),
            ("transformers.**.encode_plus", "transformers.AutoTokenizer.from_pretrained().encode_plus", true),
            ("transformers.ab*ba", "transformers.aba", false),
        ] {
            assert_eq!(SymbolPattern::new(pattern).unwrap().matches(name), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn a_module_takes_what_is_in_it_along() {
        let module = SymbolPattern::new("langchain.prompts").unwrap();
        assert_eq!(module.rest_of("langchain.prompts.chat.ChatPromptTemplate"), Some(".chat.ChatPromptTemplate"));
        assert_eq!(module.rest_of("langchain.prompts"), Some(""));
        assert_eq!(module.rest_of("langchain.prompts2"), None);
        assert_eq!(module.rest_of("langchain"), None);
    }

    #[test]
    fn other_texts_are_not_patterns() {
        for wrong in
            ["", "*", "**.x", "a..b", "a*.b", "a.b**", "a.*b*", "a.**.b.**", "a.1", "a b", "a.", "a.()", "a(1).b"]
        {
            assert!(SymbolPattern::new(wrong).is_err(), "{wrong}");
        }
    }
}
