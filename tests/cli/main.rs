//! The real binary, as its users meet it: one topic a file, written in the small language of `tide`.
//!
//! What moves bytes does so on both roads: see `on_both_roads` in `tide`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it passes over"
)]

#[macro_use]
extern crate macro_rules_attribute;

#[macro_use]
mod tide;

mod answers;
mod asleep;
mod atomic;
mod bomb;
mod browser;
mod by_number;
mod callers;
mod claims;
mod command_lines;
mod completions;
mod control;
mod copies;
mod digests;
mod duplex;
mod empty;
mod endings;
mod endpoints;
mod ends;
mod escapes;
mod examples;
mod exec_ends;
mod explain;
mod figures;
mod files;
mod first_process;
mod flow;
mod format;
mod generated;
mod harm;
mod held;
mod help;
mod http;
mod http_tools;
mod http_upload;
mod https;
mod inert;
mod inherited;
mod insight;
mod jobs;
mod lengths;
mod limits;
mod live;
mod machine;
mod meant;
mod messages;
mod modes;
mod neighbours;
mod net_pages;
mod network;
mod nginx;
mod no_road;
mod outcomes;
mod paces;
mod pairs;
mod peer;
mod pipes;
mod pitfalls;
mod plot;
mod programs;
mod progress;
mod proxies;
mod proxy;
mod proxy_http;
mod rate;
mod readme;
mod real_peers;
mod receiving;
mod refusals;
mod resizing;
mod resume;
mod resume_http;
mod roads;
mod scenes;
mod screen;
mod scripted;
mod side_files;
mod signals;
mod small;
mod smoke;
mod sources;
mod sparse;
mod stats;
mod stops;
mod tee;
mod tee_roads;
mod telling;
mod terminal;
mod tls;
mod tls_duplex;
mod tls_errors;
mod tls_peer;
mod tls_tools;
mod tmux;
mod trace;
mod tracing;
mod transform_examples;
mod transforms;
mod typed;
mod unix;
mod unix_names;
mod unseen;
mod vanishing;
mod verdict;
mod view;
mod web;
