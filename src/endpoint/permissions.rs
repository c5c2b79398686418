//! The permissions of the file that an `atomic` sink leaves: those of the file that it replaces, or of any new file there. While
//! it is written only its owner may read and write it.
//!
//! All are set through the descriptor, and in an order in which no user has a right for a moment that does not stay: group,
//! owner, access control list, mode (chown(2), acl(5), chmod(2)).

use crate::platform::{self, Attribute};
use rustix::fs::{Gid, Mode, RawMode, Uid, fchmod, fchown, fstat};
use std::fs::Metadata;
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The extended attribute that is the access control list of a file (acl(5)).
const ACL: &str = "system.posix_acl_access";

/// Attributes that belong to the old content and are not kept: the capabilities of a program (capabilities(7)), and checksums.
const OF_THE_CONTENT: [&str; 3] = ["security.capability", "security.ima", "security.evm"];

const SET_UID: RawMode = 0o4000;
const SET_GID: RawMode = 0o2000;

/// The permissions that the finished file gets.
#[derive(Debug)]
pub(super) enum Permissions {
    /// Those of the file that is replaced.
    Kept(Rights),
    /// Those of a new file in that directory: this mode.
    New(Mode),
}

/// Owner, group, mode and extended attributes of a file.
#[derive(Debug)]
pub(super) struct Rights {
    uid: u32,
    gid: u32,
    mode: RawMode,
    attributes: Vec<Attribute>,
}

impl Permissions {
    /// The permissions of the file at `path`.
    pub(super) fn of(path: &Path, metadata: &Metadata) -> io::Result<Self> {
        Ok(Self::Kept(Rights {
            uid: metadata.uid(),
            gid: metadata.gid(),
            // The standard library widens the mode where the system has fewer bits.
            mode: (metadata.mode() & 0o7777) as RawMode,
            attributes: platform::attributes(path, ACL)?,
        }))
    }

    /// The permissions that a new file in `directory` gets.
    pub(super) fn of_a_new_file(directory: &Path) -> Self {
        Self::New(platform::mode_of_a_new_file(directory))
    }

    /// Gives them to a file that only its owner can open so far. Returns what could not be kept, in words.
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
        // A member of a group may give a file to it, and only a privileged process may change the owner; so two calls are made,
        // of which one may fail.
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
            // The directory may have given the new file a default list, which the replaced file did not have.
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

    /// The mode, given what could be kept. No user may have more rights than before: the members of another group get what
    /// others had, and members of the group that was lost are others now, and get no more than they had.
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

    /// Sets all other attributes as far as the system allows. Returns whether all those of the user (`user.*`) are set.
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

/// An access control list as the kernel writes it: a version, then entries of a tag, three bits and a number, in little-endian
/// order (`linux/posix_acl_xattr.h`).
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

    /// The bits of the group, less what the mask takes away.
    fn group(&self) -> RawMode {
        self.bits(GROUP_OBJ).unwrap_or(0) & self.bits(MASK).unwrap_or(0o7)
    }

    /// The bits of others; no more than those of the group, if its members are others now.
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

    /// The bits of the group and of others for a file that cannot have the list: no user or group that it names may get more
    /// than it gave them.
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
    fn no_user_gets_more_rights_where_something_cannot_be_kept() {
        // Of user, a named user, group, mask and others.
        let denied = || Some(acl(&[(1, 6), (2, 0), (4, 4), (0x10, 6), (0x20, 4)]));
        let allowed = || Some(acl(&[(1, 6), (2, 6), (4, 0), (0x10, 6), (0x20, 0)]));
        let table = [
            (0o6640, None, (true, true, true), 0o6640),
            (0o6640, None, (false, true, true), 0o2640),
            (0o6640, None, (true, false, true), 0o4600),
            (0o664, None, (true, false, true), 0o644),
            // Members of the group, which had no rights, are others now.
            (0o604, None, (true, false, true), 0o600),
            // The mask stays where the list does.
            (0o660, allowed(), (true, true, true), 0o660),
            (0o660, allowed(), (true, false, true), 0o660),
            // Without the list, the mask is no right of the group.
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
