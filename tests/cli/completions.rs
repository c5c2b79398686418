//! Completions, used: each by its own shell, which has a terminal and is typed into.

use crate::generated::{generated, in_tree};
use crate::real_peers::is_here;
use crate::screen::Screen;
use crate::tide::Scratch;
use crate::view::View;

/// The name under which each shell looks for it.
const NAMES: [(&str, &str); 4] = [
    ("bash", "tidegate.bash"),
    ("zsh", "_tidegate"),
    ("fish", "tidegate.fish"),
    ("elvish", "tidegate.elv"),
];

/// How each shell is started, in a scratch directory that is its home and holds the file `rc`.
const SHELLS: [(&str, &str, &str); 4] = [
    (
        "bash",
        "bash --noprofile --rcfile rc -i",
        ". done/tidegate.bash
         tidegate() { printf 'GOT'; printf '[%s]' \"$@\"; echo; }
         PS1='ready> '",
    ),
    (
        "zsh",
        "mv rc .zshrc; ZDOTDIR=$PWD zsh -d -i",
        "fpath=($PWD/done $fpath)
         autoload -U compinit
         compinit -u -D
         tidegate() { printf 'GOT'; printf '[%s]' \"$@\"; echo }
         PROMPT='ready> '",
    ),
    (
        "fish",
        "fish --no-config -C 'source rc'",
        "set -p fish_complete_path $PWD/done
         function tidegate; printf GOT; printf '[%s]' $argv; echo; end
         function fish_prompt; printf 'ready> '; end
         function fish_greeting; end",
    ),
    (
        "elvish",
        "elvish -rc rc",
        "eval (slurp <done/tidegate.elv)
         fn tidegate {|@a| print GOT; each {|it| print '['$it']' } $a; echo }
         set edit:prompt = { print 'ready> ' }
         set edit:rprompt = { print '' }",
    ),
];

/// A shell on a terminal of its own.
struct Shell {
    screen: Screen,
    _home: Scratch,
}

impl Shell {
    /// `None`, said aloud, where it is not here.
    fn start(name: &str) -> Option<Self> {
        if !is_here(name) {
            return None;
        }
        let it = Scratch::new();
        std::fs::create_dir(it.path("done")).expect("a directory");
        for (shell, file) in NAMES {
            it.write(&format!("done/{file}"), generated(&it, shell));
        }
        it.write("scribbles.txt", "");
        let known = SHELLS.iter().find(|it| it.0 == name);
        let (_, start, rc) = known.expect("a known shell");
        it.write("rc", rc);
        let mut start = it
            .sh(start)
            .env("HOME", it.path(""))
            .env("HISTFILE", "/dev/null");
        for name in [
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME",
            "XDG_CACHE_HOME",
            "XDG_RUNTIME_DIR",
        ] {
            start = start.env(name, it.path("home"));
        }
        let screen = start.env("INPUTRC", "/dev/null").on_screen(200, 60);
        screen.until("a prompt", |view| view.has("ready>"));
        Some(Self { screen, _home: it })
    }

    /// Types a line, in which `<` is the Tab key, and waits for what tidegate gets.
    #[track_caller]
    fn gets(&self, line: &str, arguments: &str) {
        let before = self.screen.enter(&line.replace('<', "\t"));
        self.screen.said(&before, &format!("GOT{arguments}"));
    }

    /// What stands on the screen after this was typed and Tab pressed twice.
    #[track_caller]
    fn offers(&self, line: &str, words: &[&str]) -> String {
        self.screen.keys(&format!("{line}\t\t"));
        let shows = |view: &View| words.iter().all(|it| view.has(it));
        self.screen.until(line, shows).lines().join("\n")
    }
}

/// What is typed in bash, zsh and fish alike.
const LINES: [(&str, &str); 7] = [
    // Schemes and options of both sides, without a blank behind them.
    (
        "tidegate rand<#si<5,se<7 nul<#ra<5M",
        "[random:#size=5,seed=7][null:#rate=5M]",
    ),
    (
        "tidegate tcp-l<:0#acc<1s -",
        "[tcp-listen://:0#accept-timeout=1s][-]",
    ),
    // Flags and their values are no SOURCE.
    (
        "tidegate -qH 5M --take 5 zero: nul<",
        "[-qH][5M][--take][5][zero:][null:]",
    ),
    (
        "tidegate --summary alw< zero: nul<",
        "[--summary][always][zero:][null:]",
    ),
    // A proxy goes on behind its scheme.
    (
        "tidegate --proxy socks5h<p zero: nul<",
        "[--proxy][socks5h://p][zero:][null:]",
    ),
    // Files, at both places where they can stand.
    ("tidegate scr< nul<", "[scribbles.txt][null:]"),
    ("tidegate file:scr< nul<", "[file:scribbles.txt][null:]"),
];

fn types_all(name: &str) -> Option<Shell> {
    let shell = Shell::start(name)?;
    for (line, arguments) in LINES {
        shell.gets(line, arguments);
    }
    shell.screen.keys("\x0c");
    Some(shell)
}

#[test]
fn bash_completes_both_ends() {
    let Some(shell) = types_all("bash") else {
        return;
    };
    shell.gets(
        "tidegate - tcp://h:1#nodelay,clo<2s",
        "[-][tcp://h:1#nodelay,close-timeout=2s]",
    );
    shell.gets(
        "tidegate --summary=alw< -- nul< nul<",
        "[--summary=always][--][nul][null:]",
    );
    let shown = shell.offers("tidegate tcp://h:1#", &["nodelay", "retry="]);
    // It makes sense on a SINK only.
    assert!(!shown.contains("  close-timeout"), "{shown}");
}

#[test]
fn zsh_completes_both_ends() {
    let Some(shell) = types_all("zsh") else {
        return;
    };
    shell.gets(
        "tidegate - tcp://h:1#nodelay,clo<2s",
        "[-][tcp://h:1#nodelay,close-timeout=2s]",
    );
    shell.offers(
        "tidegate zero: ",
        &["null:", "tcp-listen://", "scribbles.txt"],
    );
}

#[test]
fn fish_completes_both_ends() {
    let Some(shell) = types_all("fish") else {
        return;
    };
    shell.offers(
        "tidegate zero: ",
        &["null:", "tcp-listen://", "scribbles.txt"],
    );
    drop(shell);
    let it = Scratch::new();
    let file = in_tree("completions/tidegate.fish");
    for (typed, offered) in [
        ("tidegate tc", &["tcp://", "tcp-listen://"][..]),
        (
            "tidegate zero: tcp://h:1#nodelay,clo",
            &["tcp://h:1#nodelay,close-timeout="],
        ),
        ("tidegate file:x#at", &[]),
        ("tidegate zero: file:x#at", &["file:x#atomic"]),
        ("tidegate --summary al", &["always"]),
    ] {
        let line = format!(
            "fish --no-config -c 'source {}; complete -C \"{typed}\"'",
            file.display()
        );
        let done = it.sh(&line).run().succeeds();
        let shown = String::from_utf8_lossy(&done.stdout).into_owned();
        let words: Vec<_> = shown
            .lines()
            .filter_map(|line| line.split('\t').next())
            .collect();
        for word in offered {
            assert!(words.contains(word), "{typed}: {words:?}");
        }
        assert!(
            !offered.is_empty() || words.is_empty(),
            "{typed}: {words:?}"
        );
    }
}

#[test]
fn elvish_completes_both_ends() {
    let Some(shell) = Shell::start("elvish") else {
        return;
    };
    for (line, arguments) in [
        ("tidegate rand< nul<", "[random:][null:]"),
        // A # starts a comment there, so that options are quoted.
        (
            "tidegate 'tcp://h:1#nodelay,re< nul<",
            "[tcp://h:1#nodelay,retry=][null:]",
        ),
        (
            "tidegate --summary alw< -H 5 zero: 'file:x#at<",
            "[--summary][always][-H][5][zero:][file:x#atomic]",
        ),
        ("tidegate scr< nul<", "[scribbles.txt][null:]"),
    ] {
        shell.gets(line, arguments);
    }
}

/// bash takes words apart at colons and equals signs before it asks; this asks as it does, without a terminal.
const ASK: &str = r#"
. "$1"
ask() {
    COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=() COMPREPLY=()
    local rest=$1 blank='[[:space:]]'
    while [[ -n $rest ]]; do
        rest=${rest#"${rest%%[![:space:]]*}"}
        [[ $rest =~ ^([:=]|[^[:space:]:=]*) ]]
        COMP_WORDS+=("${BASH_REMATCH[1]}")
        rest=${rest#"${BASH_REMATCH[1]}"}
    done
    [[ $1 == *' ' && -n ${COMP_WORDS[-1]} ]] && COMP_WORDS+=('')
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    local current=${COMP_WORDS[COMP_CWORD]}
    [[ $current == [:=] ]] && current=''
    _tidegate_any tidegate "$current" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
    echo "${COMPREPLY[*]}"
}
ask "$2"
"#;

#[test]
fn bash_is_given_what_stands_behind_its_last_word_break() {
    let it = Scratch::new();
    it.write("ask", ASK);
    it.write("scribbles.txt", "");
    let file = in_tree("completions/tidegate.bash");
    for (line, reply) in [
        ("tidegate tcp", "tcp:// tcp-listen://"),
        ("tidegate tcp:", "//"),
        ("tidegate zero: tcp-", "tcp-listen://"),
        ("tidegate tcp://h:1#no", "1#nodelay"),
        (
            "tidegate tcp://h:1#nodelay,",
            "1#nodelay,connect-timeout= 1#nodelay,retry= 1#nodelay,sndbuf= 1#nodelay,rcvbuf= 1#nodelay,bind=",
        ),
        ("tidegate tcp://h:1#retry=2,no", "2,nodelay"),
        (
            "tidegate zero: file:x#sync,a",
            "x#sync,append x#sync,atomic",
        ),
        ("tidegate file:x#a", ""),
        ("tidegate nul", ""),
        ("tidegate --summary a", "auto always"),
        ("tidegate --summary=a", "auto always"),
        ("tidegate -H ", ""),
        ("tidegate --low", "--low-water-mark"),
        ("tidegate -qH5M nu", ""),
        ("tidegate -qH5M - nu", "null:"),
        ("tidegate <in - 2>err nu", "null:"),
        ("tidegate < in - nu", "null:"),
        ("tidegate -- -q nu", "null:"),
        ("tidegate a b c", ""),
        (
            "tidegate ",
            "stdin: file: tcp:// tcp-listen:// tls:// tls-listen:// http:// https:// unix: unix-listen: zero: random: fd: exec: - ask scribbles.txt",
        ),
    ] {
        let mut bash = it.cmd("bash");
        bash.command.args(["--norc", "ask"]).arg(&file).arg(line);
        let done = bash.run().exits(0);
        let shown = String::from_utf8_lossy(&done.stdout);
        assert_eq!(shown.trim_end(), reply, "{line:?} {}", done.stderr);
    }
}

#[test]
fn every_script_is_sound_to_its_shell() {
    let it = Scratch::new();
    // elvish knows its editor, and with it what a completion is, in front of a terminal only.
    for (shell, file) in NAMES.into_iter().filter(|it| it.0 != "elvish") {
        if is_here(shell) {
            let file = in_tree("completions").join(file);
            let line = format!("{shell} -n {}", file.display());
            it.sh(&line).run().succeeds();
        }
    }
    if !it.can("command -v pwsh") {
        eprintln!("skipped: no pwsh here");
        return;
    }
    let file = in_tree("completions/_tidegate.ps1");
    let parse = format!(
        "pwsh -NoProfile -Command '$e = $null; $null = [System.Management.Automation.Language.Parser]::ParseFile(\"{}\", [ref]$null, [ref]$e); $e; exit $e.Count'",
        file.display()
    );
    it.sh(&parse).run().exits(0);
}
