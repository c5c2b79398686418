//! The transforms that the bytes would pass.

use super::sheet::Sheet;
use super::view::View;
use crate::text::visible::named;

pub(super) fn write(sheet: &mut Sheet, view: &View<'_>) {
    let transforms = &view.plan.transforms;
    if transforms.is_empty() {
        return;
    }
    sheet.section("transforms");
    for it in transforms {
        let spec = it
            .spec
            .split_once('=')
            .map(|(_, value)| format!("{}: ", named(value)));
        let text = format!("{}{}", spec.unwrap_or_default(), it.kind.help);
        sheet.row(it.kind.name, text);
    }
}
