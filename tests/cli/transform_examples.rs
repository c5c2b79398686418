//! The example of every transform in the man page, run as it stands there.

use crate::generated::generated;
use crate::real_peers::is_here;
use crate::tide::{Scratch, noise};

/// For each transform what must be true after its example; `$OUT` holds what it printed, `$ERR` what it said.
const CHECKS: [(&str, &str); 27] = [
    ("gzip", "gzip -dc disk.img.gz | cmp - disk.img"),
    ("zstd", "$T -t unzstd disk.img.zst | cmp - disk.img"),
    ("xz", "$T -t unxz disk.img.xz | cmp - disk.img"),
    ("lz4", "$T -t unlz4 disk.img.lz4 | cmp - disk.img"),
    ("brotli", "$T -t unbrotli disk.img.br | cmp - disk.img"),
    ("bzip2", "$T -t bunzip2 disk.img.bz2 | cmp - disk.img"),
    ("gunzip", "cmp $OUT notes.txt"),
    ("unzstd", "cmp $OUT notes.txt"),
    ("unxz", "cmp $OUT notes.txt"),
    ("unlz4", "cmp $OUT notes.txt"),
    ("unbrotli", "cmp $OUT notes.txt"),
    ("bunzip2", "cmp $OUT notes.txt"),
    ("decompress", "cmp $OUT notes.txt"),
    ("sha256", "sha256sum -c disk.sum && cmp disk.img copy.img"),
    (
        "sha512",
        "grep -q \"sha512 $(sha512sum <copy.img | cut -c -128)$\" $ERR",
    ),
    (
        "blake3",
        "grep -Eq 'blake3 [0-9a-f]{64}$' $ERR && cmp disk.img copy.img",
    ),
    ("md5", "test \"$(cat $OUT)\" = hello"),
    ("crc32", "test \"$(cat $OUT)\" = hello"),
    ("xxh3", "grep -Eq 'xxh3 [0-9a-f]{16}$' $ERR"),
    ("lines", "grep -q ', 1000 lines' $ERR"),
    ("crlf", "grep -Fq 'm   e  \\r  \\n   Q' $OUT"),
    ("lf", "! grep -Fq '\\r' $OUT && grep -Fq 'e  \\n   t' $OUT"),
    ("base64", "test $(base64 -d <$OUT | wc -c) = 100"),
    ("unbase64", "test \"$(cat $OUT)\" = hello"),
    ("hex", "test $(wc -c <$OUT) = 204"),
    ("unhex", "test \"$(cat $OUT)\" = hello"),
    ("exec", "test \"$(tr '\\n' ' ' <$OUT)\" = '1 two 3 '"),
];

/// Tools that an example calls and that are on few machines.
const PACKERS: [&str; 5] = ["zstd", "xz", "lz4", "brotli", "bzip2"];

#[test]
fn every_transform_has_an_example_that_does_what_it_says() {
    let page = generated(&Scratch::new(), "man").replace("\\-", "-");
    for kind in tidegate::transform::KINDS {
        let (name, line) = (kind.name, kind.example);
        let check = CHECKS.iter().find(|(known, _)| *known == name);
        let (_, check) = check.unwrap_or_else(|| panic!("no check for {name}"));
        let in_roff = line.replace('\\', "\\\\").replace('\'', "\\*(Aq");
        assert!(page.contains(&in_roff), "{in_roff}");
        let packer = PACKERS
            .iter()
            .find(|it| line.starts_with(&format!("{it} ")));
        if packer.is_some_and(|it| !is_here(it)) {
            continue;
        }
        let it = Scratch::new();
        it.write("disk.img", noise(300_000));
        it.write("notes.txt", "some notes\n".repeat(1000));
        it.sh("mkdir bin && ln -s \"$T\" bin/tidegate")
            .run()
            .succeeds();
        let line = format!("PATH=$PWD/bin:$PATH; {{ {line}; }} >OUT 2>ERR");
        it.sh(&line).run().succeeds();
        it.sh(&format!("OUT=OUT ERR=ERR; {check}")).run().exits(0);
    }
}
