package csvimport_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/vestnik-mail/vestnik/internal/csvimport"
)

func TestEncodingsAreTold(t *testing.T) {
	t.Parallel()
	const file = "Почта;Имя;Город\r\nanna@example.org;Анна Ёлкина;Казань\r\n"
	for name, e := range map[string]encoding.Encoding{
		"UTF-8":           encoding.Nop,
		"UTF-8 with mark": unicode.UTF8BOM,
		"Windows-1251":    charmap.Windows1251,
		"UTF-16":          unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
		"UTF-16, big":     unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	} {
		encoded, err := e.NewEncoder().String(file)
		require.NoError(t, err)
		clients, rejects, err := readAll(t, strings.NewReader(encoded))
		require.NoError(t, err, name)
		assert.Empty(t, rejects, name)
		require.Len(t, clients, 1, name)
		assert.Equal(t, "Анна Ёлкина", clients[0].FullName, name)
		assert.Equal(t, map[string]string{"Город": "Казань"}, clients[0].Attributes, name)
	}
}

func TestEncodingIsToldFarIntoAnASCIIBeginning(t *testing.T) {
	t.Parallel()
	encoded, err := charmap.Windows1251.NewEncoder().String("email,name\n" + strings.Repeat("a@example.org,Anna\n", 3000) + strings.Repeat("b@example.org,Борис\n", 3000))
	require.NoError(t, err)
	clients, rejects, err := readAll(t, strings.NewReader(encoded))
	require.NoError(t, err)
	assert.Empty(t, rejects)
	assert.Equal(t, "Борис", clients[5999].FullName)
}

func TestWhatWasDecidedHoldsToTheEnd(t *testing.T) {
	t.Parallel()
	clients, rejects, err := readAll(t, strings.NewReader("email,name\nanna@example.org,Анна\n"+strings.Repeat("a@example.org,Анна\n", 5000)+"b@example.org,\xc1\xee\xf0\xe8\xf1\n"))
	require.NoError(t, err)
	assert.Len(t, clients, 5001)
	require.Len(t, rejects, 1)
	assert.EqualValues(t, 5003, rejects[0].Line)
	assert.Equal(t, "is not in UTF-8", rejects[0].Reason)
}

func TestNamedEncodingIsBelieved(t *testing.T) {
	t.Parallel()
	r, err := csvimport.NewReader(strings.NewReader("email;name\na@example.org;\xc0\xed\xed\xe0\nb@example.org;\x98\n"), csvimport.Charset("CP1251"))
	require.NoError(t, err)
	c, err := r.Next()
	require.NoError(t, err)
	assert.Equal(t, "Анна", c.FullName)
	_, err = r.Next()
	require.ErrorContains(t, err, "windows-1251")
	_, err = r.Next()
	require.ErrorIs(t, err, io.EOF)

	r, err = csvimport.NewReader(strings.NewReader("email;name\na@example.org;\xc0\xed\xed\xe0\n"), "utf-8")
	require.NoError(t, err)
	_, err = r.Next()
	require.ErrorContains(t, err, "is not in UTF-8")

	_, err = csvimport.NewReader(strings.NewReader("email\n"), "koi8-r")
	require.ErrorContains(t, err, "windows-1251")
	assert.Empty(t, csvimport.Charset("koi8-r"))
}

func TestWorkbooksAreNamed(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"PK\x03\x04\x14\x00", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"} {
		_, _, err := readAll(t, strings.NewReader(file))
		require.ErrorContains(t, err, "save it as CSV")
	}
}
