//! Environment markers (`; python_version < "3.13"`): read into a tree, evaluated for a target as installers do.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};

use crate::knowledge::python_version::PythonVersion;
use crate::knowledge::version_set::VersionSet;

/// How many parentheses may stand in each other.
const MAX_DEPTH: usize = 64;

/// What a package is installed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The Python.
    pub python: PythonVersion,
    /// `sys.platform`: `linux`, `darwin` or `win32`.
    pub sys_platform: String,
    /// The processor as `platform.machine()` names it: `x86_64`, `aarch64`.
    pub machine: String,
    /// The implementation's name in lower case: `cpython`.
    pub implementation: String,
}

impl Target {
    /// CPython on Linux, x86-64: what containers and hosting platforms run.
    #[must_use]
    pub fn linux(python: PythonVersion) -> Self {
        Self {
            python,
            sys_platform: "linux".to_owned(),
            machine: "x86_64".to_owned(),
            implementation: "cpython".to_owned(),
        }
    }
}

/// A condition on the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// All hold.
    And(Vec<Marker>),
    /// One holds.
    Or(Vec<Marker>),
    /// A comparison.
    Compare {
        /// The left side.
        left: Operand,
        /// The comparison: `==`, `<`, `in`, `not in`, ….
        operator: String,
        /// The right side.
        right: Operand,
    },
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A quoted text.
    Literal(String),
    /// A variable of the environment, by the name that PEP 508 gives it.
    Variable(&'static str),
}

/// The variables of PEP 508, and the older spellings that installers still read.
const VARIABLES: &[(&str, &str)] = &[
    ("python_version", "python_version"),
    ("python_full_version", "python_full_version"),
    ("os_name", "os_name"),
    ("os.name", "os_name"),
    ("sys_platform", "sys_platform"),
    ("sys.platform", "sys_platform"),
    ("platform_release", "platform_release"),
    ("platform_system", "platform_system"),
    ("platform_version", "platform_version"),
    ("platform.version", "platform_version"),
    ("platform_machine", "platform_machine"),
    ("platform.machine", "platform_machine"),
    ("platform_python_implementation", "platform_python_implementation"),
    ("platform.python_implementation", "platform_python_implementation"),
    ("python_implementation", "platform_python_implementation"),
    ("implementation_name", "implementation_name"),
    ("implementation_version", "implementation_version"),
    ("extra", "extra"),
    ("extras", "extras"),
    ("dependency_groups", "dependency_groups"),
];

impl Marker {
    /// Reads a marker.
    ///
    /// # Errors
    /// What is wrong, and the offset in `text` where.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        let marker = parser.alternatives()?;
        parser.skip_space();
        if parser.at < text.len() {
            return parser.error("expected `and`, `or` or the end of the marker");
        }
        Ok(marker)
    }

    /// The condition that the Python version satisfies all of `specifiers`.
    #[must_use]
    pub fn python_version(specifiers: &VersionSpecifiers) -> Self {
        let comparison = |specifier: &VersionSpecifier| {
            let text = specifier.to_string();
            let (operator, version) = text.split_at(text.find(|c: char| !"<>=!~".contains(c)).unwrap_or(text.len()));
            let variable =
                if specifier.version().release().len() > 2 { "python_full_version" } else { "python_version" };
            Self::Compare {
                left: Operand::Variable(variable),
                operator: operator.to_owned(),
                right: Operand::Literal(version.trim().to_owned()),
            }
        };
        Self::And(specifiers.iter().map(comparison).collect())
    }

    /// Whether it holds on `target`, with `extra` (normalised) being installed. A comparison with what is not known of the
    /// target (the kernel's release) counts as true: the requirement may be needed.
    #[must_use]
    pub fn holds_on(&self, target: &Target, extra: Option<&str>) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds_on(target, extra)),
            Self::Or(parts) => parts.iter().any(|part| part.holds_on(target, extra)),
            Self::Compare { left, operator, right } => {
                let name = match (left, right) {
                    (Operand::Variable(name), _) | (_, Operand::Variable(name)) => name,
                    _ => "",
                };
                match (value_of(left, target, extra), value_of(right, target, extra)) {
                    (Some(left), Some(right)) => compare(name, &left, operator, &right),
                    _ => true,
                }
            }
        }
    }

    /// Whether it mentions the variable `name`.
    #[must_use]
    pub fn mentions(&self, name: &str) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.mentions(name)),
            Self::Compare { left, right, .. } => {
                [left, right].into_iter().any(|side| matches!(side, Operand::Variable(variable) if *variable == name))
            }
        }
    }
}

/// The value of one side; `None` where it is not known.
fn value_of(operand: &Operand, target: &Target, extra: Option<&str>) -> Option<String> {
    let name = match operand {
        Operand::Literal(text) => return Some(text.clone()),
        Operand::Variable(name) => *name,
    };
    // Where the patch release is not stated, an image brings a late one.
    let full = || PythonVersion { patch: Some(target.python.patch.unwrap_or(99)), ..target.python }.to_string();
    Some(match name {
        "python_version" => target.python.without_patch().to_string(),
        "python_full_version" | "implementation_version" => full(),
        "os_name" => if target.sys_platform == "win32" { "nt" } else { "posix" }.to_owned(),
        "sys_platform" => target.sys_platform.clone(),
        "platform_system" => match target.sys_platform.as_str() {
            "linux" => "Linux",
            "darwin" => "Darwin",
            "win32" => "Windows",
            _ => return None,
        }
        .to_owned(),
        "platform_machine" => target.machine.clone(),
        "platform_python_implementation" => match target.implementation.as_str() {
            "cpython" => "CPython",
            "pypy" => "PyPy",
            _ => return None,
        }
        .to_owned(),
        "implementation_name" => target.implementation.clone(),
        "extra" => extra.unwrap_or_default().to_owned(),
        _ => return None,
    })
}

/// Compares as versions where the variable is one and the right side reads as a specifier's operand, else as text.
fn compare(name: &str, left: &str, operator: &str, right: &str) -> bool {
    let is_version = matches!(name, "python_version" | "python_full_version" | "implementation_version");
    if is_version
        && let (Ok(version), Ok(set)) = (Version::from_str(left), VersionSet::parse(&format!("{operator}{right}")))
    {
        return set.contains(&version);
    }
    let fold =
        |text: &str| if name == "extra" { text.to_ascii_lowercase().replace(['_', '.'], "-") } else { text.into() };
    let (left, right): (String, String) = (fold(left), fold(right));
    match operator {
        "==" | "===" => left == right,
        "!=" => left != right,
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        ">=" => left >= right,
        "in" => right.contains(&left),
        "not in" => !right.contains(&left),
        // `~=` between texts, which installers refuse.
        _ => true,
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, (usize, String)>;

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn error<T>(&self, message: &str) -> Parsed<T> {
        Err((self.at, message.to_owned()))
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes `word` where it stands next as a whole word.
    fn take_word(&mut self, word: &str) -> bool {
        self.skip_space();
        let Some(after) = self.rest().strip_prefix(word) else { return false };
        if after.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return false;
        }
        self.at += word.len();
        true
    }

    fn alternatives(&mut self) -> Parsed<Marker> {
        self.list("or", Self::conjunction, Marker::Or)
    }

    fn conjunction(&mut self) -> Parsed<Marker> {
        self.list("and", Self::atom, Marker::And)
    }

    fn list(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Parsed<Marker>,
        join: fn(Vec<Marker>) -> Marker,
    ) -> Parsed<Marker> {
        let first = part(self)?;
        let mut parts = vec![first];
        while self.take_word(word) {
            parts.push(part(self)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { join(parts) })
    }

    fn atom(&mut self) -> Parsed<Marker> {
        self.skip_space();
        if self.rest().starts_with('(') {
            if self.depth >= MAX_DEPTH {
                return self.error("too many parentheses in each other");
            }
            self.depth += 1;
            self.at += 1;
            let inner = self.alternatives()?;
            self.skip_space();
            if !self.rest().starts_with(')') {
                return self.error("expected `)`");
            }
            self.at += 1;
            self.depth -= 1;
            return Ok(inner);
        }
        let left = self.operand()?;
        let operator = self.operator()?;
        let right = self.operand()?;
        if matches!((&left, &right), (Operand::Literal(_), Operand::Literal(_))) {
            return self.error("a marker compares a variable such as `python_version` with a text");
        }
        Ok(Marker::Compare { left, operator, right })
    }

    fn operand(&mut self) -> Parsed<Operand> {
        self.skip_space();
        let rest = self.rest();
        if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let inner = rest.get(1..).unwrap_or_default();
            let Some(end) = inner.find(quote) else { return self.error("the quote is not closed") };
            self.at += end + 2;
            return Ok(Operand::Literal(inner.get(..end).unwrap_or_default().to_owned()));
        }
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        let Some((_, name)) = VARIABLES.iter().find(|(spelling, _)| *spelling == word) else {
            return self.error(if word.is_empty() {
                "expected a variable such as `python_version`, or a quoted text"
            } else {
                "there is no such marker variable; a text has to be quoted"
            });
        };
        self.at += length;
        Ok(Operand::Variable(name))
    }

    fn operator(&mut self) -> Parsed<String> {
        self.skip_space();
        if self.take_word("not") {
            return if self.take_word("in") {
                Ok("not in".to_owned())
            } else {
                self.error("expected `in` after `not`")
            };
        }
        if self.take_word("in") {
            return Ok("in".to_owned());
        }
        for operator in ["===", "==", "~=", "!=", "<=", ">=", "<", ">"] {
            if self.rest().starts_with(operator) {
                self.at += operator.len();
                return Ok(operator.to_owned());
            }
        }
        self.error("expected a comparison such as `==` or `<`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_hold_as_installers_say() {
        let target = Target::linux(PythonVersion::new(3, 11));
        for (text, holds) in [
            ("python_version < '3.13'", true),
            ("python_version>=\"3.9\"and python_version<'3.11'", false),
            ("python_version >= '3.9' and (sys_platform == 'win32' or os_name == 'posix')", true),
            ("'3.10' <= python_version", true),
            ("python_version in '3.8 3.9'", false),
            ("python_version not in '3.8 3.9'", true),
            ("python_version == '3.*'", true),
            ("python_full_version >= '3.11.4'", true),
            ("platform_system != 'Darwin' and platform_machine == 'x86_64'", true),
            ("platform_python_implementation == 'PyPy'", false),
            ("extra == 'dev'", false),
            ("sys.platform == 'linux'", true),
            ("platform_release < '5'", true),
        ] {
            assert_eq!(Marker::parse(text).unwrap().holds_on(&target, None), holds, "{text}");
        }
        assert!(Marker::parse("extra == 'Dev_Tools'").unwrap().holds_on(&target, Some("dev-tools")));
        assert!(Marker::parse("extra == 'a'").unwrap().mentions("extra"));
    }

    #[test]
    fn a_broken_marker_says_where_it_breaks() {
        for (text, at) in [
            ("python_version < 3.13", 17),
            ("python_verzion < '3'", 0),
            ("python_version <", 16),
            ("(python_version < '3'", 21),
            ("python_version < '3' sys_platform == 'x'", 21),
            ("'a' == 'a'", 10),
            ("os_name == 'x", 11),
            ("os_name not 'x'", 12),
        ] {
            assert_eq!(Marker::parse(text).unwrap_err().0, at, "{text}");
        }
        assert!(Marker::parse(&"(".repeat(100_000)).is_err());
    }
}
