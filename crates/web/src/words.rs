//! Every word that pages say, in one place: whoever translates them changes nothing else.

mod said;

pub(crate) use said::*;

// Around every page.
pub(crate) const OVERVIEW: &str = "Overview";
pub(crate) const DEVICES: &str = "Devices";
pub(crate) const CHECK: &str = "Check";
pub(crate) const IMPORT: &str = "Import";
pub(crate) const SITES: &str = "Sites";
pub(crate) const KNOWLEDGE: &str = "Knowledge";
pub(crate) const AUDIT: &str = "Audit";
pub(crate) const PEOPLE: &str = "People";
pub(crate) const SETTINGS: &str = "Settings";
pub(crate) const ME: &str = "Your account";
pub(crate) const WAYS: &str = "Main";
pub(crate) const SKIP: &str = "Skip to the content";
pub(crate) const SIGN_IN: &str = "Sign in";
pub(crate) const SIGN_OUT: &str = "Sign out";
pub(crate) const BACK_HOME: &str = "Back to the overview";
pub(crate) const UTC: &str = "UTC";
pub(crate) const PAGES: &str = "Pages";
pub(crate) const ACTIONS: &str = "Actions";
pub(crate) const SEARCH: &str = "Search";
pub(crate) const SHOW: &str = "Show";
pub(crate) const SAVE: &str = "Save";
pub(crate) const NAME: &str = "Name";
pub(crate) const NUMBER: &str = "No.";
pub(crate) const STATE: &str = "State";
pub(crate) const WHEN: &str = "When";
pub(crate) const WHO: &str = "Who";
pub(crate) const BY: &str = "By";
pub(crate) const NOTE: &str = "Note";
pub(crate) const OR: &str = "or";
pub(crate) const REASON: &str = "Reason";

// What goes wrong.
pub(crate) const FORBIDDEN: &str = "You may not do this. Whoever gives out roles in this estate \
     can change that.";
pub(crate) const BROKEN: &str = "Something went wrong in the program. Nothing was changed; try \
     it again.";
pub(crate) const NO_DATABASE: &str = "The database does not answer, or could not do this. \
     Nothing was changed; try it again in a moment.";
pub(crate) const NOT_SIGNED_IN: &str = "Sign in first.";
pub(crate) const NO_TOKEN: &str = "This token is not known, has ended, or was ended.";
pub(crate) const FOREIGN_FORM: &str = "This did not come from a page of this program, so nothing \
     was changed.";
pub(crate) const WRONG_HOST: &str = "The program is not called by this name. Start it with \
     --name to add one.";
pub(crate) const BAD_ADDRESS: &str = "This address cannot be read.";
pub(crate) const BAD_FORM: &str = "This form cannot be read.";
pub(crate) const BAD_JSON: &str = "The body is not the JSON that is wanted here";
pub(crate) const BAD_CURSOR: &str = "This is no cursor of ours; take it from `next` of the page \
     before.";
pub(crate) const FORM_LARGE: &str = "This form is too large.";
pub(crate) const NO_DAY: &str = "This is no day; write YYYY-MM-DD.";
pub(crate) const STALE: &str = "Somebody else judged this while your page was open. Go back, \
     look at what they said, and decide again. Nothing of yours was kept.";
pub(crate) const READER_DIED: &str = "The reader of these files came to grief. Nothing of them \
     was kept; everything else goes on.";

// Coming in.
pub(crate) const LOGIN_NAME: &str = "Login name";
pub(crate) const PASSWORD: &str = "Password";
pub(crate) const PASSWORD_AGAIN: &str = "The same again";
pub(crate) const CODE: &str = "Code";
pub(crate) const CODE_HINT: &str = "from your second factor, if you have set one";
pub(crate) const CODE_WRONG: &str = "This code is not right, or was used before.";
pub(crate) const FORGOTTEN: &str = "Forgotten? An admin can give you a new link.";
pub(crate) const TOO_OFTEN: &str = "There were too many tries. Wait a while, then try again.";
pub(crate) const NOT_LET_IN: &str = "Name, password or code is not right.";
pub(crate) const INVITATION_GONE: &str = "This link was used, has ended, or never was. Ask for a \
     new one.";
pub(crate) const WELCOME: &str = "Welcome";
pub(crate) const FIRST_START: &str = "First start";
pub(crate) const FIRST_LEAD: &str = "Nobody has come in yet. Whoever does now may do everything, \
     and invites the others.";
pub(crate) const ESTATE_NAME: &str = "Name of the estate";
pub(crate) const ESTATE_HINT: &str = "such as the council or department";
pub(crate) const SHOWN_NAME: &str = "Your name";
pub(crate) const SHOWN_HINT: &str = "as others see it";
pub(crate) const COME_IN: &str = "Come in";
pub(crate) const NOT_THE_SAME: &str = "The two passwords are not the same.";
pub(crate) const PASSWORD_SHORT: &str = "A password has at least 15 signs; several words are \
     easy to remember.";
pub(crate) const PASSWORD_LONG: &str = "This password is too long.";
pub(crate) const PASSWORD_EASY: &str = "This password is easily guessed: it has your name in it, \
     or hardly more than a sign.";

// The overview.
pub(crate) const EMPTY_LEAD: &str = "Nothing is known yet. Bring a register, a scan, a capture, \
     or all of them: what they say of one device is put together.";
pub(crate) const EMPTY_IMPORT: &str = "Import files";
pub(crate) const EMPTY_CHECK: &str = "Or";
pub(crate) const CHECK_ONE: &str = "check one device by hand";
pub(crate) const FLOW: &str = "The name on it, and who made it";
pub(crate) const NAME_ON_IT: &str = "Name on it";
pub(crate) const MADE_BY: &str = "Made by";
pub(crate) const NO_LABEL: &str = "no name given";
pub(crate) const NOT_KNOWN: &str = "not known";
pub(crate) const NO_SITE: &str = "no site given";
pub(crate) const CERTAINTY: &str = "Certainty";
pub(crate) const RULING: &str = "Ruling";
pub(crate) const ADVISORIES: &str = "Advisories";
pub(crate) const BY_RULING: &str = "What the rules say";
pub(crate) const BY_HOLE: &str = "Vulnerabilities";
pub(crate) const SETTLES: &str = "What would settle most";
pub(crate) const SETTLES_NOTE: &str = "Of so many devices this look is the quickest way to know \
     more.";
pub(crate) const BY_SITE: &str = "By site";
pub(crate) const SITE: &str = "Site";
pub(crate) const CHANGES: &str = "What came in";
pub(crate) const UNDONE: &str = "taken back";

// The list.
pub(crate) const DEVICE: &str = "Device";
pub(crate) const SOLD_AS: &str = "Sold as";
pub(crate) const MODEL: &str = "Model";
pub(crate) const SEARCH_HINT: &str = "Name, model, MAC, serial, address or site";
pub(crate) const FACETS: &str = "Narrow down";
pub(crate) const NOTHING_FOUND: &str = "No device is like that. Take something out, or search \
     for less.";
pub(crate) const EXPORT: &str = "These as CSV";
pub(crate) const SEARCH_REST: &str = "Search for the others by name.";
pub(crate) const NAMELESS: &str = "without a name";
pub(crate) const PICK: &str = "Pick";
pub(crate) const PICK_ALL: &str = "Pick all on this page";
pub(crate) const BULK: &str = "Judge those that are picked";
pub(crate) const JUDGE_PICKED: &str = "Judge";
pub(crate) const NONE_PICKED: &str = "No device was picked.";
pub(crate) const EARLIER: &str = "Earlier";
pub(crate) const FURTHER: &str = "Further";
pub(crate) const NOTHING_TO_SETTLE: &str = "nothing to settle";

// A device.
pub(crate) const ROLES: &str = "Who stands behind it";
pub(crate) const WOULD_SETTLE: &str = "What would settle it";
pub(crate) const EVIDENCE: &str = "Evidence";
pub(crate) const NO_EVIDENCE: &str = "Nothing that was observed says who made it.";
pub(crate) const FOR: &str = "For";
pub(crate) const AGAINST: &str = "Against";
pub(crate) const OBSERVED: &str = "Observed";
pub(crate) const SAYS: &str = "Speaks for";
pub(crate) const WHY: &str = "Why";
pub(crate) const WEIGHT: &str = "Weight";
pub(crate) const WEIGHT_HINT: &str = "In decibans: 10 makes it ten times as likely, 20 a hundred \
     times";
pub(crate) const CONTRADICTS: &str = "contradicts the answer";
pub(crate) const STRUCTURAL: &str = "structural";
pub(crate) const UNFITTED: &str = "unfitted";
pub(crate) const CONTRADICTIONS: &str = "What does not fit together";
pub(crate) const RULINGS: &str = "What the rules say";
pub(crate) const RELIED_ON: &str = "by";
pub(crate) const MISSING: &str = "not known:";
pub(crate) const DUTY: &str = "To do:";
pub(crate) const HISTORY: &str = "What was told of it";
pub(crate) const KNOWN_ON: &str = "As it was known on";
pub(crate) const AS_NOW: &str = "As it is known now";
pub(crate) const ORIGIN: &str = "from";
pub(crate) const TRAIL: &str = "Who did what";

// Judgements.
pub(crate) const JUDGEMENTS: &str = "What people say";
pub(crate) const NO_JUDGEMENT: &str = "Nobody has judged it. A judgement stands beside the \
     answer and changes no evidence.";
pub(crate) const JUDGE: &str = "Judge it";
pub(crate) const JUDGEMENT: &str = "Judgement";
pub(crate) const CONFIRM: &str = "Confirm: the maker is right";
pub(crate) const DISPUTE: &str = "Dispute: not good enough to act on";
pub(crate) const EXEMPT: &str = "Exempt: answered for until a day";
pub(crate) const ABOUT: &str = "About";
pub(crate) const ABOUT_HINT: &str = "id of a maker, or of a regime for an exemption";
pub(crate) const UNTIL: &str = "Until";
pub(crate) const UNTIL_HINT: &str = "for an exemption";
pub(crate) const SECOND: &str = "Agree, as a second person";
pub(crate) const SECONDED: &str = "agreed to by";
pub(crate) const WITHDRAW: &str = "Take back";
pub(crate) const WITHDRAWN: &str = "taken back by";
pub(crate) const NO_KIND: &str = "Say what it is: confirm, dispute or exempt.";
pub(crate) const REASON_WANTED: &str = "A reason is wanted: whoever reads it later was not \
     there.";

// Files.
pub(crate) const IMPORT_LEAD: &str = "Registers, exports of recorders, scans, captures, \
     observations: drop them here, several at once. What each is taken for is said; nothing of \
     it is seen by others before all of it is in, and it can be taken back.";
pub(crate) const FILES: &str = "Files";
pub(crate) const FILES_HINT: &str = "drop them anywhere on this page, or choose";
pub(crate) const FEED: &str = "Which register or scan is it?";
pub(crate) const FEED_HINT: &str = "a later import under the same name takes the place of this \
     one, device by device";
pub(crate) const IMPORT_NOW: &str = "Import";
pub(crate) const UNDER_WAY: &str = "Under way";
pub(crate) const RUNS: &str = "What came in";
pub(crate) const RUN: &str = "Import";
pub(crate) const NEW: &str = "New";
pub(crate) const OBSERVATIONS: &str = "Observations";
pub(crate) const NO_FILES: &str = "No file came along.";
pub(crate) const UPLOAD_LARGE: &str = "This is more than may be uploaded at once.";
pub(crate) const UPLOAD_BROKEN: &str = "The upload broke off. Nothing of it was kept.";
pub(crate) const NO_ROOM: &str = "No room is left on the disk for the upload.";
pub(crate) const ASKED_ON: &str = "Answered as of";
pub(crate) const BASE: &str = "Base";
pub(crate) const ANSWERS: &str = "Answers";
pub(crate) const FILE: &str = "File";
pub(crate) const UNDO: &str = "Take back";
pub(crate) const UNDO_NOTE: &str = "Nobody sees anything of it any more; what else was told of \
     its devices is worked out again. It stays in the store and in the audit trail.";
pub(crate) const NO_IMPORT: &str = "Only an import can be taken back.";
pub(crate) const PROGRESS: &str = "Progress";
pub(crate) const TO_RUN: &str = "The import";
pub(crate) const TO_OVERVIEW: &str = "To the overview";
pub(crate) const CANCEL: &str = "Call it off";
pub(crate) const RETRY: &str = "Try again";
pub(crate) const UNDERSTOOD: &str = "What was understood";
pub(crate) const TAKEN_FOR: &str = "Taken for";
pub(crate) const RECORDS: &str = "Records";
pub(crate) const NOT_READ: &str = "Not read";
pub(crate) const COLUMNS_OF: &str = "Columns of";
pub(crate) const SAID: &str = "What was said of it";

// One device by hand.
pub(crate) const CHECK_LEAD: &str = "What you have in hand: a quote, a sticker, a reply. Nothing \
     of it is kept.";
pub(crate) const CHECK_HINT: &str = "Type a label, a model number, a MAC address or a reply.";
pub(crate) const CHECK_NOW: &str = "Check";
pub(crate) const REPLY: &str = "A reply of";
pub(crate) const REPLY_TEXT: &str = "The reply";
pub(crate) const REPLY_EXAMPLE: &str = "paste it as it came";
pub(crate) const VALUE_LONG: &str = "This is too long for one value; import it as a file.";
pub(crate) const THIS_DEVICE: &str = "this device";

// The base.
pub(crate) const KNOWLEDGE_HINT: &str = "A label or a maker";
pub(crate) const LABELS: &str = "Labels";
pub(crate) const MAKERS: &str = "Makers";
pub(crate) const SHOWN_NOT_WEIGHED: &str = "What is said of a company is shown with its sources; \
     it weighs nothing in an answer about a device. To dispute a fact, lay your own over it \
     with --kb, or write to whoever keeps the base.";
pub(crate) const LEGAL_NAME: &str = "Legal name";
pub(crate) const LOCAL_NAMES: &str = "In its own script";
pub(crate) const ALSO: &str = "Also called";
pub(crate) const COUNTRY: &str = "Seat";
pub(crate) const SOURCES: &str = "Sources";
pub(crate) const SOLD_UNDER: &str = "Sold under";
pub(crate) const SUPPLIES: &str = "Who supplies it";
pub(crate) const LEADS: &str = "Leads";
pub(crate) const LEADS_NOTE: &str = "Said by somebody, and not enough to rely on. A lead never \
     supports a finding.";
pub(crate) const OWNERS: &str = "Owners";
pub(crate) const STATEMENTS: &str = "What it says itself";
pub(crate) const CONDUCT: &str = "What others say of it";
pub(crate) const CONDUCT_NOTE: &str = "Findings, cases and denials, each as its source has it. \
     Shown, never weighed.";

// The trail.
pub(crate) const AUDIT_LEAD: &str = "Everything that somebody did, each line bound to the one \
     before by its hash.";
pub(crate) const HEAD: &str = "A head noted earlier";
pub(crate) const HEAD_HINT: &str = "if you have one: that the end was cut off shows only by it";
pub(crate) const VERIFY: &str = "Verify the whole trail";
pub(crate) const DID: &str = "Did";
pub(crate) const TO_WHAT: &str = "To";
pub(crate) const WITH: &str = "With";
pub(crate) const NOTE_HEAD: &str = "Note this elsewhere, to find out later whether the end was \
     cut off:";
pub(crate) const EARLIER_LINES: &str = "Earlier lines";

// People and places.
pub(crate) const SEATS: &str = "May";
pub(crate) const SINCE: &str = "Since";
pub(crate) const INVITE: &str = "Invite somebody";
pub(crate) const LINK_MADE: &str = "Give them this link";
pub(crate) const LINK_NOTE: &str = "It is shown once, and holds once, for seven days.";
pub(crate) const INVITED: &str = "invited";
pub(crate) const TWO_FACTORS: &str = "two factors";
pub(crate) const ONE_FACTOR: &str = "password only";
pub(crate) const CHANGE: &str = "Change";
pub(crate) const SET_SEAT: &str = "Set";
pub(crate) const RESET: &str = "Let them choose a new password";
pub(crate) const REMOVE: &str = "Remove";
pub(crate) const ROLE: &str = "Role";
pub(crate) const AT_SITE: &str = "At";
pub(crate) const EVERYWHERE: &str = "the whole estate";
pub(crate) const SITE_RETIRED: &str = "a site out of use";
pub(crate) const NO_ROLE: &str = "Choose a role.";
pub(crate) const SITES_LEAD: &str = "Put the places of your registers into a tree. A role at a \
     place holds for all that lies in it.";
pub(crate) const ADD_SITE: &str = "Add a site";
pub(crate) const SITE_HINT: &str = "as the registers write it";
pub(crate) const LIES_IN: &str = "Lies in";
pub(crate) const NOWHERE: &str = "no other";
pub(crate) const OTHER_PLACES: &str = "Places in registers that are in no tree";
pub(crate) const OTHER_PLACES_NOTE: &str = "Only people with a role in the whole estate see \
     these.";
pub(crate) const RETIRE: &str = "Take out";

// Settings.
pub(crate) const WHO_ASKS: &str = "Who asks";
pub(crate) const WHO_ASKS_NOTE: &str = "The rules answer for somebody. Change it, and every \
     device is answered again.";
pub(crate) const NOBODY_ASKS: &str = "Nobody in particular: for whom it would be barred is said \
     of each regime";
pub(crate) const CONTEXT: &str = "What else the rules should know";
pub(crate) const CONTEXT_HINT: &str = "one key=value a line";
pub(crate) const CONTEXT_KEYS: &str = "The keys";

// One's own account.
pub(crate) const TOKENS: &str = "Tokens for programs";
pub(crate) const TOKENS_NOTE: &str = "A program with a token acts in your name, with no more \
     than the role you give it.";
pub(crate) const TOKEN_MADE: &str = "This is the token. It is shown once.";
pub(crate) const TOKEN_FOR: &str = "What it is for";
pub(crate) const TOKEN_NAMELESS: &str = "Say what the token is for.";
pub(crate) const MAY_AT_MOST: &str = "May at most";
pub(crate) const LASTS: &str = "Lasts";
pub(crate) const MAKE_TOKEN: &str = "Make a token";
pub(crate) const MADE: &str = "made";
pub(crate) const USED: &str = "used";
pub(crate) const NEVER_USED: &str = "never used";
pub(crate) const ENDED: &str = "ended";
pub(crate) const ENDS: &str = "ends";
pub(crate) const END: &str = "End";
pub(crate) const SECOND_FACTOR: &str = "Second factor";
pub(crate) const FACTOR_SCAN: &str = "Type this secret into your authenticator, then the code \
     that it shows.";
pub(crate) const FACTOR_SET: &str = "Set";
pub(crate) const FACTOR_ON: &str = "You sign in with a code as well.";
pub(crate) const FACTOR_OFF: &str = "Do without";
pub(crate) const FACTOR_NONE: &str = "A stolen password is enough to come in as you. A code from \
     an authenticator changes that.";
pub(crate) const FACTOR_BEGIN: &str = "Set a second factor";
pub(crate) const CHANGE_PASSWORD: &str = "Change the password";
pub(crate) const OLD_PASSWORD: &str = "The password now";
pub(crate) const NEW_PASSWORD: &str = "The new one";
pub(crate) const OLD_WRONG: &str = "The password that you have now is another.";
pub(crate) const SESSIONS: &str = "Where you are signed in";
pub(crate) const THIS_SESSION: &str = "here";
