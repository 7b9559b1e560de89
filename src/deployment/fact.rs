//! A value with its evidence. Without evidence there is no fact.

use crate::diagnostic::{Label, Location};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// A place in the repository says so.
    Stated(Location),
    /// Nothing in the repository says so; the platform decides, and this is how.
    Default(String),
    /// The configuration of preflight says so.
    Configured,
}

/// A value with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact<T> {
    /// The value.
    pub value: T,
    /// What says so.
    pub evidence: Evidence,
}

impl<T> Fact<T> {
    /// `value`, as the text at `location` says.
    pub fn stated(value: T, location: Location) -> Self {
        Self { value, evidence: Evidence::Stated(location) }
    }

    /// `value`, as the platform decides; `why` is a clause such as "a Gradio Space without python_version is built on
    /// python:3.13".
    pub fn default(value: T, why: impl Into<String>) -> Self {
        Self { value, evidence: Evidence::Default(why.into()) }
    }

    /// `value`, as preflight's configuration says.
    pub fn configured(value: T) -> Self {
        Self { value, evidence: Evidence::Configured }
    }

    /// The place that says so, if one does.
    pub fn location(&self) -> Option<&Location> {
        match &self.evidence {
            Evidence::Stated(location) => Some(location),
            Evidence::Default(_) | Evidence::Configured => None,
        }
    }

    /// A label that shows the evidence, where it is a place.
    pub fn label(&self, message: impl Into<String>) -> Option<Label> {
        self.location().map(|location| Label { location: location.clone(), message: message.into() })
    }

    /// The same evidence for a value derived from this one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Fact<U> {
        Fact { value: change(self.value), evidence: self.evidence }
    }

    /// The evidence in words, for a help text: why the value holds where no place says it.
    pub fn because(&self) -> Option<&str> {
        match &self.evidence {
            Evidence::Default(why) => Some(why),
            Evidence::Stated(_) | Evidence::Configured => None,
        }
    }
}
