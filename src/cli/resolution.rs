//! `--resolve`: asks uv or pip what the deployments of a root would install.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::progress::Progress;
use crate::config::Settings;
use crate::engine::{self, EngineError};
use crate::knowledge::Resolution;
use crate::repo::Repository;
use crate::resolve::{Cache, Resolver, ResolverError, SUPPORTED, questions, today};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResolutionError {
    #[error(transparent)]
    Root(#[from] EngineError),
    #[error(transparent)]
    Resolver(#[from] ResolverError),
}

/// The Pythons that are asked for where nothing says which one runs: "every Python from 3.11 to 3.14".
fn supported_in_words() -> String {
    let ends = SUPPORTED.first().zip(SUPPORTED.last());
    ends.map_or_else(String::new, |(first, last)| format!("every Python from {first} to {last}"))
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
        return Ok(vec!["--resolve: there is nothing to ask: no deployment with unlocked packages".to_owned()]);
    }
    let resolver = Resolver::find()?;
    let cache = Cache::of_user(today(), |name| std::env::var_os(name));
    let _progress = Progress::start("resolving requirements", quiet);
    let mut remarks = Vec::new();
    let mut answers: BTreeMap<String, Vec<Resolution>> = BTreeMap::new();
    let mut left_open = BTreeSet::new();
    for question in questions {
        let kept = cache.as_ref().and_then(|cache| cache.get(&question, resolver.name()));
        let answer = match kept.map_or_else(|| resolver.resolve(&question), Ok) {
            Ok(answer) => answer,
            Err(error @ ResolverError::NoAnswer { .. }) => {
                if left_open.insert(question.deployment.clone()) {
                    remarks.push(format!("{}: {error}", question.deployment));
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(cache) = &cache {
            cache.put(&question, &answer);
        }
        answers.entry(question.deployment).or_default().push(answer);
    }
    for (deployment, answers) in answers.into_iter().filter(|(deployment, _)| !left_open.contains(deployment)) {
        let answer = match answers.as_slice() {
            [only] => Some(only.clone()),
            several => Resolution::agreed(several, &supported_in_words()),
        };
        match answer {
            Some(answer) => drop(settings.resolutions.insert(deployment, answer)),
            None => remarks.push(format!(
                "{deployment}: nothing says which Python runs there, and the answers for {} differ",
                supported_in_words()
            )),
        }
    }
    Ok(remarks)
}
