//! `--resolve`: asks uv or pip what the deployments of a root would install.

use std::path::Path;

use super::progress::Progress;
use crate::config::Settings;
use crate::engine::{self, EngineError};
use crate::repo::Repository;
use crate::resolve::{Cache, Resolver, ResolverError, questions, today};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResolutionError {
    #[error(transparent)]
    Root(#[from] EngineError),
    #[error(transparent)]
    Resolver(#[from] ResolverError),
}

/// Takes up into `settings` what a resolver says about the deployments of `folder`. Gives what it could not find out, as
/// remarks.
pub(super) fn take_resolutions(
    folder: &Path,
    settings: &mut Settings,
    quiet: bool,
) -> Result<Vec<String>, ResolutionError> {
    let repository = Repository::open(folder, &settings.walk_options()).map_err(EngineError::from)?;
    let questions = engine::with_project(repository, settings, questions);
    if questions.is_empty() {
        return Ok(vec![
            "--resolve: there is nothing to ask: no deployment with a known Python and unlocked packages".to_owned(),
        ]);
    }
    let resolver = Resolver::find()?;
    let cache = Cache::of_user(today(), |name| std::env::var_os(name));
    let _progress = Progress::start("resolving requirements", quiet);
    let mut remarks = Vec::new();
    for question in questions {
        let kept = cache.as_ref().and_then(|cache| cache.get(&question, resolver.name()));
        let answer = match kept.map_or_else(|| resolver.resolve(&question), Ok) {
            Ok(answer) => answer,
            Err(error @ ResolverError::NoAnswer { .. }) => {
                remarks.push(format!("{}: {error}", question.deployment));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(cache) = &cache {
            cache.put(&question, &answer);
        }
        settings.resolutions.insert(question.deployment, answer);
    }
    Ok(remarks)
}
