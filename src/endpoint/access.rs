//! Who may read and write the file that an `atomic` sink leaves: those who could read and write the one that it replaces,
//! or any new file in its place. Until then, while it is written, only its user may.
//!
//! All of it is given through the descriptor, and in an order in which nobody has a right for a moment that is not to stay:
//! group, owner, access control list, mode (chown(2), acl(5), chmod(2)).

use crate::platform::{self, Attribute};
use rustix::fs::{Gid, Mode, RawMode, Uid, fchmod, fchown, fstat};
use std::fs::Metadata;
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The access control list of a file, among its extended attributes (acl(5)).
const ACL: &str = "system.posix_acl_access";

/// What is not carried over from content to other content: rights of a program, and sums of it (capabilities(7)).
const OF_THE_CONTENT: [&str; 3] = ["security.capability", "security.ima", "security.evm"];

const SET_UID: RawMode = 0o4000;
const SET_GID: RawMode = 0o2000;

/// Who is to have which rights.
#[derive(Debug)]
pub(super) enum Access {
    /// Those who had them of a file that is replaced.
    Kept(Rights),
    /// Those who have them of any new file in that directory, by this mode.
    New(Mode),
}

/// The rights of a file.
#[derive(Debug)]
pub(super) struct Rights {
    uid: u32,
    gid: u32,
    mode: RawMode,
    attributes: Vec<Attribute>,
}

impl Access {
    /// As the file at `path` has it.
    pub(super) fn of(path: &Path, metadata: &Metadata) -> io::Result<Self> {
        Ok(Self::Kept(Rights {
            uid: metadata.uid(),
            gid: metadata.gid(),
            // The standard library widens the mode where the system has fewer bits.
            mode: (metadata.mode() & 0o7777) as RawMode,
            attributes: platform::attributes(path, ACL)?,
        }))
    }

    /// As a new file in `directory` gets it.
    pub(super) fn of_a_new_file(directory: &Path) -> Self {
        Self::New(platform::mode_of_a_new_file(directory))
    }

    /// Gives it to a file that is ours alone. Returns what could not be kept, in words.
    pub(super) fn give(&self, fd: BorrowedFd<'_>) -> io::Result<Vec<&'static str>> {
        match self {
            Self::Kept(rights) => rights.give(fd),
            Self::New(mode) => {
                fchmod(fd, *mode)?;
                Ok(Vec::new())
            }
        }
    }
}

impl Rights {
    fn give(&self, fd: BorrowedFd<'_>) -> io::Result<Vec<&'static str>> {
        let own = fstat(fd)?;
        let (uid, gid) = (Uid::from_raw(self.uid), Gid::from_raw(self.gid));
        // Members of a group may give it away, and only the privileged an owner, so one is not asked for with the other.
        let has_group = own.st_gid == self.gid || fchown(fd, None, Some(gid)).is_ok();
        let has_owner = own.st_uid == self.uid || fchown(fd, Some(uid), None).is_ok();
        let acl = self.attribute(ACL);
        let has_acl = match acl {
            Some(acl) => {
                let acl = if has_group {
                    acl.to_vec()
                } else {
                    Acl(acl).of_another_group()
                };
                platform::set_attribute(fd, ACL.as_ref(), &acl).is_ok()
            }
            // One that the directory gave it by default is not that of the file.
            None => platform::remove_attribute(fd, ACL.as_ref()).is_ok(),
        };
        fchmod(fd, self.mode(has_owner, has_group, has_acl))?;
        let has_attributes = self.give_attributes(fd);
        let lost = [
            (has_owner, "its owner"),
            (has_group, "its group"),
            (has_acl, "its access control list"),
            (has_attributes, "its extended attributes"),
        ];
        let lost = lost.into_iter().filter(|(has, _)| !has);
        Ok(lost.map(|(_, what)| what).collect())
    }

    fn attribute(&self, name: &str) -> Option<&[u8]> {
        let mut found = self.attributes.iter().filter(|(it, _)| it == name);
        found.next().and_then(|(_, value)| value.as_deref())
    }

    /// The mode for what could be kept. Who would have got more than before by a loss gets less: members of another group
    /// have what others had, and those of the group that it was are others now.
    fn mode(&self, has_owner: bool, has_group: bool, has_acl: bool) -> Mode {
        let mut mode = self.mode;
        if !has_owner {
            mode &= !SET_UID;
        }
        if !has_group {
            mode &= !SET_GID;
        }
        let classes = match self.attribute(ACL) {
            // The bits of the group are the mask of the list.
            Some(acl) if has_acl => (mode & 0o70) | Acl(acl).others(has_group),
            Some(acl) => Acl(acl).bits_without_it(has_group),
            None if has_group => mode & 0o77,
            None => {
                let least = (mode >> 3) & mode & 0o7;
                (least << 3) | least
            }
        };
        Mode::from_raw_mode((mode & !0o77) | classes)
    }

    /// Gives it all other attributes that the system lets us. Returns whether it has those of the user.
    fn give_attributes(&self, fd: BorrowedFd<'_>) -> bool {
        let mut has_all = true;
        for (name, value) in &self.attributes {
            if name == ACL || OF_THE_CONTENT.iter().any(|it| name == it) {
                continue;
            }
            let give = |value: &Vec<u8>| platform::set_attribute(fd, name, value).is_ok();
            let is_given = value.as_ref().is_some_and(give);
            has_all &= is_given || !name.as_bytes().starts_with(b"user.");
        }
        has_all
    }
}

/// An access control list as the kernel writes it: a version, then entries of a tag, three bits and a number, in the
/// smallest byte first (`linux/posix_acl_xattr.h`).
struct Acl<'a>(&'a [u8]);

const VERSION_LEN: usize = 4;
const ENTRY_LEN: usize = 8;

/// Tags of entries (`linux/posix_acl.h`): of a named user, the group, a named group, the mask, and others.
const USER: u16 = 0x02;
const GROUP_OBJ: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;

impl Acl<'_> {
    /// The tags and bits of its entries.
    fn entries(&self) -> impl Iterator<Item = (u16, RawMode)> {
        let entries = self.0.get(VERSION_LEN..).unwrap_or_default();
        entries.chunks_exact(ENTRY_LEN).map(|entry| {
            let tag = u16::from_le_bytes([entry[0], entry[1]]);
            (tag, RawMode::from(entry[2] & 0o7))
        })
    }

    fn bits(&self, tag: u16) -> Option<RawMode> {
        self.entries()
            .find(|(it, _)| *it == tag)
            .map(|(_, bits)| bits)
    }

    /// What the group has.
    fn group(&self) -> RawMode {
        self.bits(GROUP_OBJ).unwrap_or(0) & self.bits(MASK).unwrap_or(0o7)
    }

    /// What others have; no more than the group had where its members are others now.
    fn others(&self, has_group: bool) -> RawMode {
        let others = self.bits(OTHER).unwrap_or(0);
        if has_group {
            others
        } else {
            others & self.group()
        }
    }

    /// The same list for a file of another group.
    fn of_another_group(&self) -> Vec<u8> {
        let bits = u8::try_from(self.others(false)).unwrap_or(0);
        let mut acl = self.0.to_vec();
        let entries = acl.get_mut(VERSION_LEN..).unwrap_or_default();
        for entry in entries.chunks_exact_mut(ENTRY_LEN) {
            if [GROUP_OBJ, OTHER].contains(&u16::from_le_bytes([entry[0], entry[1]])) {
                entry[2] = bits;
            }
        }
        acl
    }

    /// The bits of the group and of others for a file that cannot have the list: nobody whom it names may get more than
    /// it gave him.
    fn bits_without_it(&self, has_group: bool) -> RawMode {
        let named = self
            .entries()
            .filter(|(tag, _)| [USER, GROUP].contains(tag));
        let least = named.fold(0o7, |least, (_, bits)| least & bits);
        let others = self.others(has_group) & least;
        let group = if has_group {
            self.group() & least
        } else {
            others
        };
        (group << 3) | others
    }
}

#[cfg(test)]
mod tests {
    use super::{ACL, Rights};
    use rustix::fs::RawMode;

    /// A list of these entries.
    fn acl(entries: &[(u16, u8)]) -> Vec<u8> {
        let entries = entries.iter().flat_map(|(tag, bits)| {
            let [low, high] = tag.to_le_bytes();
            [low, high, *bits, 0, 0xff, 0xff, 0xff, 0xff]
        });
        [2, 0, 0, 0].into_iter().chain(entries).collect()
    }

    fn rights(mode: RawMode, acl: Option<Vec<u8>>) -> Rights {
        Rights {
            uid: 1,
            gid: 1,
            mode,
            attributes: acl.map(|acl| (ACL.into(), Some(acl))).into_iter().collect(),
        }
    }

    #[test]
    fn nobody_gets_more_than_he_had_where_something_cannot_be_kept() {
        // Of user, a named user, group, mask and others.
        let denied = || Some(acl(&[(1, 6), (2, 0), (4, 4), (0x10, 6), (0x20, 4)]));
        let allowed = || Some(acl(&[(1, 6), (2, 6), (4, 0), (0x10, 6), (0x20, 0)]));
        let table = [
            (0o6640, None, (true, true, true), 0o6640),
            (0o6640, None, (false, true, true), 0o2640),
            (0o6640, None, (true, false, true), 0o4600),
            (0o664, None, (true, false, true), 0o644),
            // Whoever was in the group, and could not, is among others now.
            (0o604, None, (true, false, true), 0o600),
            // The mask stays where the list does.
            (0o660, allowed(), (true, true, true), 0o660),
            (0o660, allowed(), (true, false, true), 0o660),
            // And is no right of the group where it does not.
            (0o660, allowed(), (true, true, false), 0o600),
            (0o664, denied(), (true, true, false), 0o600),
        ];
        for (mode, acl, (owner, group, list), wanted) in table {
            let got = rights(mode, acl).mode(owner, group, list).as_raw_mode();
            assert_eq!(got, wanted, "{mode:o} {owner} {group} {list}: {got:o}");
        }
    }

    #[test]
    fn a_group_that_is_another_gets_what_others_have() {
        let before = acl(&[(1, 6), (2, 4), (4, 6), (0x10, 6), (0x20, 4)]);
        let after = acl(&[(1, 6), (2, 4), (4, 4), (0x10, 6), (0x20, 4)]);
        assert_eq!(super::Acl(&before).of_another_group(), after);
        let before = acl(&[(1, 6), (4, 0), (0x10, 6), (0x20, 4)]);
        let after = acl(&[(1, 6), (4, 0), (0x10, 6), (0x20, 0)]);
        assert_eq!(super::Acl(&before).of_another_group(), after);
        assert_eq!(super::Acl(&[]).of_another_group(), b"");
    }
}
