//! How a sheet comes out on paper.

use rust_xlsxwriter::{Worksheet, XlsxError};

/// The number by which a workbook calls the paper A4, which every office prints.
const PAPER_A4: u8 = 9;

/// Characters that stand side by side on a page of it and can still be read: about six tenths of
/// their size on the screen.
const PAGE_CHARS: u32 = 240;

/// Sets a sheet of columns so many characters wide onto as many pages side by side as it takes to
/// be read. The pages of one row lie one behind the other, and each begins with the row's name.
pub(super) fn printed(sheet: &mut Worksheet, chars: u32) -> Result<(), XlsxError> {
    let wide = u16::try_from(chars.div_ceil(PAGE_CHARS)).unwrap_or(u16::MAX).max(1);
    sheet.set_landscape().set_print_fit_to_pages(wide, 0).set_paper_size(PAPER_A4);
    sheet.set_page_order(false).set_repeat_columns(0, 0)?;
    sheet.set_footer("&L&A&RPage &P of &N");
    Ok(())
}
