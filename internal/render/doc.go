// Package render turns a message and a client into mail: it personalises the templates of subject, HTML and text
// (a subset of Liquid) and writes the result as MIME.
//
// # Templates
//
// {{ value | filter: argument }} puts out a value: client.email, client.full_name, client.attributes.city
// (client.attributes["city"] is the same; names may be in any script) or mailing.name. The tags are if, elsif, else,
// unless, case, when, comment and raw, each with its end tag; {{- -}} and {%- -%} trim the white space beside them.
// There are no loops and no assignments, so a template's work is bounded by its length.
//
// It departs from Shopify's Liquid where mail needs something else:
//   - An empty value is false, and equals nil, empty and blank: a client without a name has the name "".
//   - Values compare as numbers when either side is a number: attributes are always text.
//   - What {{ }} puts into HTML is always escaped, last of all, so no filter can undo it; escape does nothing more.
//   - "and" and "or" do not mix in one condition: implementations disagree about which binds first.
//
// Check finds every fault when a message is saved. Compile prepares a message once per attempt, and Render then
// writes it for one client after another without parsing anything.
//
// # Standards
//
// Messages follow RFC 5322 (format), RFC 2045 and RFC 2046 (MIME), RFC 2047 (names and subjects in any script),
// RFC 2919 (List-Id), RFC 5891 (domains as A-labels) and RFC 6532 (local parts in UTF-8).
package render
