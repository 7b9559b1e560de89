//! Names of things, and the identities that the tables of a module refer to each other by.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A dotted name that leads to a definition from outside: `asyncio.run`, `gradio.Blocks.launch`, `builtins.open`.
///
/// - A relative import keeps its dots: `from ..pkg import f` names `..pkg.f`.
/// - What a function returned, where nothing more is known, carries parentheses: `app.ui.build().launch`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QualifiedName(Arc<str>);

impl QualifiedName {
    /// Takes a dotted name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Arc::from(name))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part: `run` of `asyncio.run`.
    #[must_use]
    pub fn last(&self) -> &str {
        self.0.rsplit('.').next().unwrap_or("")
    }

    /// Everything before the last part; empty for a name of one part.
    #[must_use]
    pub fn parent(&self) -> &str {
        self.0.rsplit_once('.').map_or("", |(parent, _)| parent)
    }

    /// The first part: the top-level module; empty for a relative name.
    #[must_use]
    pub fn root(&self) -> &str {
        self.0.split('.').next().unwrap_or("")
    }

    /// Whether this is `module` or something in it: `transformers.pipeline` is within `transformers`.
    #[must_use]
    pub fn is_within(&self, module: &str) -> bool {
        self.0.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// The name of `attribute` of this.
    #[must_use]
    pub fn member(&self, attribute: &str) -> Self {
        let separator = if self.0.ends_with('.') { "" } else { "." };
        Self(Arc::from(format!("{}{separator}{attribute}", self.0)))
    }

    /// Whether the last part is spelled like a class: with a capital first letter.
    #[must_use]
    pub fn looks_like_class(&self) -> bool {
        self.last().trim_start_matches('_').starts_with(char::is_uppercase)
    }
}

impl Deref for QualifiedName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl PartialEq<str> for QualifiedName {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for QualifiedName {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The identity of the entry at `index` of its table. A file is far too small for 2^32 entries.
            pub(super) fn new(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }

            /// The position in its table.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

identity!(
    /// One entry of a module's `functions`.
    FunctionId
);
identity!(
    /// One entry of a module's `classes`.
    ClassId
);
identity!(
    /// One entry of a module's `calls`.
    CallId
);
identity!(
    /// One entry of a module's `blocks`.
    BlockId
);
