package address_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/address"
)

func TestParseAccepts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, display, key string }{
		{"ann@example.com", "ann@example.com", "ann@example.com"},
		{"  Ann.Lee+news@Example.COM\t\n", "Ann.Lee+news@Example.COM", "ann.lee+news@example.com"},
		{"кто@пример.рф", "кто@пример.рф", "кто@xn--e1afmkfd.xn--p1ai"},
		{"Кто@ПРИМЕР.РФ", "Кто@ПРИМЕР.РФ", "кто@xn--e1afmkfd.xn--p1ai"},
		{"a@xn--e1afmkfd.xn--p1ai", "a@xn--e1afmkfd.xn--p1ai", "a@xn--e1afmkfd.xn--p1ai"},
		{"root@localhost", "root@localhost", "root@localhost"},
		{"!#$%&'*+-/=?^_`{|}~@x.io", "!#$%&'*+-/=?^_`{|}~@x.io", "!#$%&'*+-/=?^_`{|}~@x.io"},
		{"e\u0301@x.io", "e\u0301@x.io", "\u00e9@x.io"}, // a decomposed é is the composed one
		{"a@x--y.ab--cd.com", "a@x--y.ab--cd.com", "a@x--y.ab--cd.com"},
		{strings.Repeat("a", 64) + "@x.io", strings.Repeat("a", 64) + "@x.io", strings.Repeat("a", 64) + "@x.io"},
	} {
		got, err := address.Parse(tt.in)
		require.NoError(t, err, tt.in)
		assert.Equal(t, tt.display, got.Display)
		assert.Equal(t, tt.key, got.Key)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	label63 := strings.Repeat("b", 63)
	for _, tt := range []struct{ in, says string }{
		{"", "empty"},
		{" \t ", "empty"},
		{"ann", "no @"},
		{"@example.com", "before the @"},
		{"ann@", "no domain"},
		{"a@b@c.com", "one address"},
		{"a@x.com,b@y.com", "one address"},
		{"a@x.com;b@y.com", "one address"},
		{"a b@x.com", "space"},
		{"a\u00a0b@x.com", "space"},
		{"a@x.com\r\nRCPT TO:<b@y.com>", "U+000D"},
		{"a\n@x.com", "U+000A"},
		{"a\x00@x.com", "U+0000"},
		{"a\x7f@x.com", "U+007F"},
		{"<a@x.com>", "< >"},
		{"Ann <a@x.com>", "space"},
		{`"a"@x.com`, "quotes"},
		{`a\b@x.com`, "quotes"},
		{"a(b)@x.com", "'('"},
		{"a:b@x.com", "':'"},
		{".a@x.com", "dot"},
		{"a.@x.com", "dot"},
		{"a..b@x.com", "dot"},
		{"a@.x.com", "dot"},
		{"a@x.com.", "dot"},
		{"a@x..com", "dot"},
		{"a@[127.0.0.1]", "IP"},
		{"a@[IPv6:::1]", "IP"},
		{"a@127.0.0.1", "IP"},
		{"a@intranet", "no dot"},
		{"a@рф", "no dot"},
		{"a@-x.com", "hyphen"},
		{"a@x-.com", "hyphen"},
		{"a@x_y.com", "'_'"},
		{"a@x/y.com", "'/'"},
		{"a@℀.com", "international"},
		{"a@xn--0.com", "international"},
		{"a@" + label63 + "b.com", "63"},
		{"a@" + strings.Repeat("я", 60) + ".рф", "63"},
		{strings.Repeat("a", 65) + "@x.com", "64"},
		{strings.Repeat("я", 33) + "@x.com", "64"},
		{"a@" + strings.Repeat(label63+".", 3) + strings.Repeat("c", 61), "254"}, // 255 octets
		{"a@" + strings.Repeat(label63+".", 4) + "com", "253"},
		{"a\u200b@x.com", "U+200B"},
		{"a\u202e@x.com", "U+202E"},
		{"a@x\u00ad.com", "U+00AD"},
		{"a\ufeff@x.com", "U+FEFF"},
		{"a\u3164@x.com", "U+3164"},
		{"a\ufe0f@x.com", "U+FE0F"},
		{"a\u2028@x.com", "U+2028"},
		{"a@x.com\xff", "UTF-8"},
	} {
		_, err := address.Parse(tt.in)
		require.Error(t, err, "%q", tt.in)
		assert.Contains(t, err.Error(), tt.says, "%q", tt.in)
		_, err = address.ToASCII(tt.in)
		if !strings.ContainsAny(tt.in, "\r\n\x00 <>") && tt.in != "" {
			continue // ToASCII need not repeat every rule of Parse, only those that keep a command whole
		}
		require.Error(t, err, "%q", tt.in)
	}
}

func TestToASCII(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Ann@Example.com":  "Ann@Example.com",
		"кто@пример.рф":    "кто@xn--e1afmkfd.xn--p1ai",
		"Ann@ПРИМЕР.рф":    "Ann@xn--e1afmkfd.xn--p1ai",
		"почта@x.com":      "почта@x.com",
		"a@bücher.example": "a@xn--bcher-kva.example",
	} {
		got, err := address.ToASCII(in)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

func TestToASCIIOfPlainAddressDoesNotAllocate(t *testing.T) { //nolint:paralleltest // AllocsPerRun must run alone
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = address.ToASCII("ann.lee+news@example.com") }))
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"ann@example.com", "кто@пример.рф", "a@x,b@y", "<a@x.com>", "a@x.com\r\nDATA", "a\x00@x.com", "\"a b\"@x.com",
		"a@[127.0.0.1]", "a@x.com>", "a\u202e@x.com", "İ@x.com", "Ⱥ@x.com", "a@ｅｘ．com", "a@exam。ple", "a@ß.de", "a@℀.com",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		addr, err := address.Parse(s)
		if err != nil {
			return
		}
		ascii, err := address.ToASCII(addr.Display)
		require.NoError(t, err)
		for _, form := range []string{addr.Display, addr.Key, ascii} {
			require.True(t, utf8.ValidString(form))
			require.NotContains(t, []rune{'.', '@'}, rune(form[0]))
			require.Equal(t, 1, strings.Count(form, "@"))
			require.False(t, strings.ContainsFunc(form, func(r rune) bool {
				return !unicode.IsPrint(r) || strings.ContainsRune(" <>()[],;:\"\\", r)
			}), "%q", form)
		}
		_, host, _ := strings.Cut(ascii, "@")
		for i := range len(host) {
			require.Less(t, host[i], byte(utf8.RuneSelf))
		}
		if again, err := address.Parse(addr.Key); err == nil {
			require.Equal(t, addr.Key, again.Key, "the key of a key is itself")
		}
	})
}
