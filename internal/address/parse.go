package address

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

const (
	maxAddress = 254 // octets: RFC 5321 §4.5.3.1.3 without the angle brackets (RFC 3696, erratum 1690)
	maxLocal   = 64  // octets: RFC 5321 §4.5.3.1.1
	maxDomain  = 253 // octets: RFC 1035 §2.3.4 without the root label
	maxLabel   = 63  // octets: RFC 1035 §2.3.4
)

var (
	errEmpty      = domain.NewFault(domain.FaultRequired, nil, "the address is empty")
	errNotUTF8    = domain.NewFault(domain.FaultNotUTF8, nil, "the address is not valid UTF-8 text")
	errTwo        = domain.NewFault(domain.FaultEmailSeveral, nil, "write one address only")
	errNoAt       = domain.NewFault(domain.FaultEmailNoAt, nil, "the address has no @")
	errBrackets   = domain.NewFault(domain.FaultEmailNotBare, nil, "write the bare address, without a name and without < >")
	errSpace      = domain.NewFault(domain.FaultEmailSpace, nil, "the address has a space inside")
	errQuotes     = domain.NewFault(domain.FaultEmailLocalPart, nil, "quotes and backslashes are not accepted in an address")
	errLong       = domain.NewFault(domain.FaultEmailTooLong, domain.Params{"max": maxAddress}, "the address is longer than %d octets", maxAddress)
	errLocalEmpty = domain.NewFault(domain.FaultEmailLocalPart, nil, "there is nothing before the @")
	errLocalLong  = domain.NewFault(domain.FaultEmailLocalPart, nil, "the part before the @ is longer than %d octets", maxLocal)
	errLocalDots  = domain.NewFault(domain.FaultEmailLocalPart, nil, "the part before the @ begins or ends with a dot, or has two in a row")
)

// Parse reads one address as a person wrote it; white space around it is dropped. The error's text is for people and
// says what is wrong with the address.
//
// Key joins the spellings of one mailbox: NFC and lower case, the domain as A-labels. RFC 5321 §2.4 lets a server tell
// the case of local parts apart; none in use does, and mailing someone twice is worse.
func Parse(s string) (domain.Address, error) {
	s = strings.TrimSpace(s)
	local, host, err := split(s)
	if err != nil {
		return domain.Address{}, err
	}
	if err := checkLocal(local); err != nil {
		return domain.Address{}, err
	}
	ascii, err := hostToASCII(host)
	if err != nil {
		return domain.Address{}, err
	}
	if len(s) > maxAddress || len(local)+1+len(ascii) > maxAddress {
		return domain.Address{}, errLong
	}
	key := norm.NFC.String(strings.ToLower(norm.NFC.String(local))) + "@" + ascii
	return domain.Address{Display: s, Key: key}, nil
}

// ToASCII returns addr as it goes on the wire: its domain as A-labels, its local part untouched. A local part that is
// not ASCII stays so, and the server must then offer SMTPUTF8 (RFC 6531). An address that Parse would refuse for what
// it could do to a command is refused here too.
func ToASCII(addr string) (string, error) {
	if plain(addr) {
		return addr, nil
	}
	local, host, err := split(addr)
	if err != nil {
		return "", err
	}
	if err := checkLocal(local); err != nil {
		return "", err
	}
	ascii, err := hostToASCII(host)
	if err != nil {
		return "", err
	}
	return local + "@" + ascii, nil
}

// plain reports whether addr is ASCII that is safe as it stands and has nothing to convert. It is on the path of every
// message, so it looks at each byte once.
func plain(addr string) bool {
	at := -1
	for i := range len(addr) {
		switch c := addr[i]; {
		case c == '@':
			if at >= 0 {
				return false
			}
			at = i
		case c == '.' || c == '-' || isLetterOrDigit(c):
		case at < 0 && isAtomText(c):
		default:
			return false
		}
	}
	return at > 0 && at < len(addr)-1 && at <= maxLocal && len(addr) <= maxAddress
}

// split refuses what no part of an address may contain and cuts it at its only @.
func split(s string) (local, host string, err error) {
	switch {
	case s == "":
		return "", "", errEmpty
	case !utf8.ValidString(s):
		return "", "", errNotUTF8
	}
	for _, r := range s {
		if err := checkRune(r); err != nil {
			return "", "", err
		}
	}
	switch strings.Count(s, "@") {
	case 0:
		return "", "", errNoAt
	case 1:
	default:
		return "", "", errTwo
	}
	local, host, _ = strings.Cut(s, "@")
	return local, host, nil
}

// checkRune refuses controls, spaces, the syntax of headers and commands, and everything that a person cannot see.
func checkRune(r rune) error {
	switch {
	case r == '<' || r == '>':
		return errBrackets
	case r == ',' || r == ';':
		return errTwo
	case r == '"' || r == '\\':
		return errQuotes
	case r == ' ' || r == '\t' || unicode.Is(unicode.Zs, r):
		return errSpace
	case !unicode.IsPrint(r), unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return domain.NewFault(domain.FaultControlCharacter, domain.Params{"character": fmt.Sprintf("U+%04X", r)},
			"the address contains the invisible character U+%04X", r)
	}
	return nil
}

// checkLocal holds the local part to a dot-string (RFC 5321 §4.1.2, extended by RFC 6531 §3.3).
func checkLocal(local string) error {
	switch {
	case local == "":
		return errLocalEmpty
	case len(local) > maxLocal:
		return errLocalLong
	case local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, ".."):
		return errLocalDots
	}
	for _, r := range local {
		if r < utf8.RuneSelf && r != '.' && !isAtomText(byte(r)) { //nolint:gosec // the rune is ASCII
			return domain.NewFault(domain.FaultEmailLocalPart, nil, "%q is not accepted before the @", r)
		}
	}
	return nil
}

// isAtomText is atext of RFC 5322 §3.2.3.
func isAtomText(c byte) bool {
	return isLetterOrDigit(c) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

func isLetterOrDigit(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
