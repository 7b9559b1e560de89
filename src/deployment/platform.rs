//! What a deployment runs on.

use std::fmt;

/// What a Hugging Face Space is built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sdk {
    /// `sdk: gradio`.
    Gradio,
    /// `sdk: docker`: the `Dockerfile` beside the card.
    Docker,
    /// `sdk: streamlit`: no longer offered to new Spaces.
    Streamlit,
    /// `sdk: static`: files served as they are.
    Static,
    /// The card is missing or names none of these: the Space does not build.
    Unknown,
}

impl Sdk {
    /// The value in the card.
    #[must_use]
    pub fn from_card(value: &str) -> Self {
        match value {
            "gradio" => Self::Gradio,
            "docker" => Self::Docker,
            "streamlit" => Self::Streamlit,
            "static" => Self::Static,
            _ => Self::Unknown,
        }
    }
}

/// What a deployment runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Platform {
    /// A Hugging Face Space.
    Space(Sdk),
    /// An image built from a Dockerfile.
    Container,
    /// A service of a Compose file.
    Compose,
    /// A workload of a Kubernetes manifest.
    Kubernetes,
    /// A host that runs a Procfile: Heroku and its like.
    Procfile,
    /// Fly.io.
    Fly,
    /// Render.
    Render,
    /// Google App Engine.
    AppEngine,
    /// Railway.
    Railway,
    /// Nothing says where it runs: an install from the manifests, on whatever machine.
    Unspecified,
}

impl Platform {
    /// The names that a configuration file may use, with their platforms. Of several names for one platform, the first is
    /// the one that is shown.
    const NAMES: &[(&str, Self)] = &[
        ("space-gradio", Self::Space(Sdk::Gradio)),
        ("space-docker", Self::Space(Sdk::Docker)),
        ("space-streamlit", Self::Space(Sdk::Streamlit)),
        ("space-static", Self::Space(Sdk::Static)),
        ("space", Self::Space(Sdk::Gradio)),
        ("container", Self::Container),
        ("compose", Self::Compose),
        ("kubernetes", Self::Kubernetes),
        ("procfile", Self::Procfile),
        ("fly", Self::Fly),
        ("render", Self::Render),
        ("app-engine", Self::AppEngine),
        ("railway", Self::Railway),
        ("unspecified", Self::Unspecified),
    ];

    /// The platform that a configuration file names: `space-gradio`, `container`, `fly`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, platform)| *platform)
    }

    /// The names that [`Platform::from_name`] knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|(name, _)| *name)
    }

    /// The name that a configuration file uses; `space` for a Space whose SDK is not known.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, platform)| *platform == self).map_or("space", |(name, _)| name)
    }

    /// Whether a process that listens on loopback can't be reached there, because its network is its own.
    #[must_use]
    pub fn isolates_network(self) -> bool {
        !matches!(self, Self::Unspecified | Self::Space(Sdk::Static))
    }

    /// Whether the platform tells the program its port in `PORT`.
    #[must_use]
    pub fn sets_port(self) -> bool {
        matches!(self, Self::Procfile | Self::Render | Self::AppEngine | Self::Railway)
    }

    /// Whether this is a Space, of whatever SDK.
    #[must_use]
    pub fn is_any_space(self) -> bool {
        matches!(self, Self::Space(_))
    }

    /// Whether this is a Space with the given SDK.
    #[must_use]
    pub fn is_space(self, sdk: Sdk) -> bool {
        self == Self::Space(sdk)
    }
}

impl Platform {
    /// Its name as a part of a sentence: "the container", "Railway".
    #[must_use]
    pub fn with_article(self) -> String {
        match self {
            Self::Fly | Self::Render | Self::AppEngine | Self::Railway => self.to_string(),
            _ => format!("the {self}"),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Space(Sdk::Gradio) => "Hugging Face Space (gradio)",
            Self::Space(Sdk::Docker) => "Hugging Face Space (docker)",
            Self::Space(Sdk::Streamlit) => "Hugging Face Space (streamlit)",
            Self::Space(Sdk::Static) => "Hugging Face Space (static)",
            Self::Space(Sdk::Unknown) => "Hugging Face Space",
            Self::Container => "container",
            Self::Compose => "Compose service",
            Self::Kubernetes => "Kubernetes workload",
            Self::Procfile => "Procfile host",
            Self::Fly => "Fly.io",
            Self::Render => "Render",
            Self::AppEngine => "App Engine",
            Self::Railway => "Railway",
            Self::Unspecified => "no platform named",
        })
    }
}
