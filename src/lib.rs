//! preflight works out where and on what a repository will be deployed, and reports what will break there.

pub mod cli;
pub mod config;
pub mod deployment;
pub mod diagnostic;
pub mod engine;
pub mod examples;
pub mod fix;
pub mod formats;
pub mod knowledge;
pub mod output;
pub mod repo;
pub mod resolve;
pub mod rules;
