package csvimport_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/csvimport"
	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestWhatIsWrittenReadsBackAsItWas(t *testing.T) {
	t.Parallel()
	want := []domain.Client{
		{
			Email: domain.Address{Display: "Anna@Пример.рф", Key: "anna@xn--e1afmkfd.xn--p1ai"}, FullName: "=Анна; \"Ёлка\"", Comment: "две\r\nстроки, \"и\n кавычки\"",
			Attributes: map[string]string{"город": "Казань\u00a0", "City": "a;b", "city": "a,b", "имя": "x", "email": "старый@example.org", "почта": "+7"},
		},
		{Email: domain.Address{Display: "+b@example.org", Key: "+b@example.org"}},
	}
	want[0].Attributes["город"] = "Казань"
	for _, f := range []csvimport.Format{{}, {Comma: ';', BOM: true}, {Comma: '\t'}} {
		var file bytes.Buffer
		w, err := csvimport.NewWriter(&file, []string{"город", "City", "city", "имя", "email", "почта"}, f)
		require.NoError(t, err)
		for i := range want {
			require.NoError(t, w.Write(&want[i]))
		}
		require.NoError(t, w.Flush())
		assert.Equal(t, f.BOM, bytes.HasPrefix(file.Bytes(), []byte("\ufeff")))
		clients, rejects, err := readAll(t, &file)
		require.NoError(t, err)
		assert.Empty(t, rejects)
		assert.Equal(t, want, clients)
	}
}

func TestInertFilesHoldNoFormulas(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	w, err := csvimport.NewWriter(&file, nil, csvimport.Format{Inert: true})
	require.NoError(t, err)
	require.NoError(t, w.Write(&domain.Client{Email: domain.Address{Display: "a@example.org"}, FullName: "=HYPERLINK()", Comment: "-1"}))
	require.NoError(t, w.Flush())
	assert.Equal(t, "email,full_name,comment\na@example.org,'=HYPERLINK(),'-1\n", file.String())
}
