package address

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

var (
	errHostEmpty   = domain.NewFault(domain.FaultEmailDomain, nil, "there is no domain after the @")
	errHostLiteral = domain.NewFault(domain.FaultEmailDomain, nil, "write a domain name after the @, not an IP address")
	errHostDots    = domain.NewFault(domain.FaultEmailDomain, nil, "the domain begins or ends with a dot, or has two in a row")
	errHostSingle  = domain.NewFault(domain.FaultEmailDomain, nil, "the domain has no dot: write it in full, as in example.com")
	errHostLong    = domain.NewFault(domain.FaultEmailDomain, nil, "the domain is longer than %d octets", maxDomain)
	errLabelLong   = domain.NewFault(domain.FaultEmailDomain, nil, "a part of the domain between dots is longer than %d octets", maxLabel)
)

// hostToASCII returns the domain in lower case with its labels as A-labels. It accepts names of two labels and more,
// and "localhost".
func hostToASCII(host string) (string, error) {
	if host == "" {
		return "", errHostEmpty
	}
	if strings.ContainsAny(host, "[]:") {
		return "", errHostLiteral
	}
	host = strings.ToLower(host)
	if !isASCII(host) || strings.Contains(host, "xn--") {
		mapped, err := profile().ToASCII(host)
		if err != nil {
			return "", domain.NewFault(domain.FaultEmailDomain, nil, "the domain %q is not a valid international name", host)
		}
		host = mapped
	}
	return host, checkHost(host)
}

// profile is UTS #46 non-transitional processing for lookup with the rules of RFC 5893 and of STD 3. Hyphens in the
// third and fourth place are left alone: names like that exist.
func profile() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.CheckJoiners(true),
		idna.StrictDomainName(true), idna.CheckHyphens(false))
}

// checkHost holds an ASCII name to RFC 1123 §2.1.
func checkHost(host string) error {
	switch {
	case host == "localhost":
		return nil
	case host == "":
		return errHostEmpty
	case len(host) > maxDomain:
		return errHostLong
	}
	last := ""
	for label := range strings.SplitSeq(host, ".") {
		if err := checkLabel(label); err != nil {
			return err
		}
		last = label
	}
	switch {
	case last == host:
		return errHostSingle
	case strings.Trim(last, "0123456789") == "":
		return errHostLiteral
	}
	return nil
}

func checkLabel(label string) error {
	switch {
	case label == "":
		return errHostDots
	case len(label) > maxLabel:
		return errLabelLong
	case label[0] == '-' || label[len(label)-1] == '-':
		return domain.NewFault(domain.FaultEmailDomain, nil, "%q in the domain begins or ends with a hyphen", label)
	}
	for i := range len(label) {
		if c := label[i]; c != '-' && !isLetterOrDigit(c) {
			return domain.NewFault(domain.FaultEmailDomain, nil, "%q is not accepted in a domain", c)
		}
	}
	return nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
