//! `preflight target`: what is deployed, with every fact and the place that says so.

use std::path::PathBuf;

use clap::Args;

use super::configuration::{ConfigurationFile, packs, report_config_error, settings};
use super::resolution::take_resolutions;
use super::roots::{Root, told_roots};
use super::rules::ListFormat;
use super::terminal::Terminal;
use super::{Exit, print};
use crate::config::{Overrides, Settings};
use crate::engine;
use crate::output::{Target, Tree, write_target_json, write_target_text};
use crate::repo::Repository;

/// The arguments of `preflight target`.
#[derive(Debug, Args)]
pub(super) struct TargetArguments {
    /// Folders to look at; for a file, its project
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to write the facts
    #[arg(long, value_enum, default_value_t = ListFormat::Text, value_name = "FORMAT")]
    format: ListFormat,
    /// Path patterns to leave out, relative to the folder
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',')]
    exclude: Vec<String>,
    /// Use this configuration file
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    config: Option<PathBuf>,
    /// Ask uv (or pip) what would be installed, over the network, and show these versions
    #[arg(long)]
    resolve: bool,
    /// Use no configuration file
    #[arg(long, alias = "no-config")]
    isolated: bool,
}

pub(super) fn run(arguments: &TargetArguments, terminal: Terminal) -> Exit {
    let (roots, mut exit) = told_roots(&arguments.paths, terminal);
    let overrides = Overrides { exclude: arguments.exclude.clone(), ..Overrides::default() };
    let several = roots.len() > 1;
    let mut targets = Vec::new();
    for root in &roots {
        let file = ConfigurationFile::chosen(arguments.config.as_deref(), arguments.isolated);
        // Facts need no tables of rules, but a configuration may name their codes.
        let packs = packs(&root.folder, &[], arguments.isolated);
        let settings = match packs.and_then(|packs| settings(file, &overrides, &root.folder, packs)) {
            Ok(settings) => settings,
            Err(error) => {
                report_config_error(&error, terminal);
                return Exit::Failure;
            }
        };
        let mut settings = settings;
        if arguments.resolve {
            match take_resolutions(&root.folder, &mut settings, false) {
                Ok(remarks) => remarks.iter().for_each(|remark| terminal.note(remark)),
                Err(error) => {
                    terminal.error(&error.to_string());
                    return Exit::Failure;
                }
            }
        }
        match target(root, &settings, arguments.format, several) {
            Ok((target, misfits)) => {
                targets.push(target);
                for misfit in misfits {
                    terminal.error(&misfit);
                    exit = Exit::Failure;
                }
            }
            Err(error) => {
                terminal.error(&error.to_string());
                exit = Exit::Failure;
            }
        }
    }
    if targets.is_empty() {
        return exit;
    }
    let mut out = Vec::new();
    let written = match arguments.format {
        ListFormat::Text => write_target_text(&mut out, &targets, terminal.stdout(false)),
        ListFormat::Json => write_target_json(&mut out, &targets),
    };
    match written {
        Ok(()) => print(&out, exit, terminal),
        Err(error) => {
            terminal.error(&format!("can't write the facts: {error}"));
            Exit::Failure
        }
    }
}

/// What is deployed from a root, and what of the configuration fits nothing there.
fn target(
    root: &Root,
    settings: &Settings,
    format: ListFormat,
    several: bool,
) -> Result<(Target, Vec<String>), engine::EngineError> {
    let repository = Repository::open(&root.folder, &settings.walk_options())?;
    let tree = Tree { prefix: &root.prefix, stands_in: root.stands_in.as_ref() };
    let for_people = format == ListFormat::Text;
    Ok(engine::with_project(repository, settings, |project| {
        (Target::of(project, tree, for_people, several), project.misfits().to_vec())
    }))
}
