package render_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/render"
)

// BenchmarkRender writes a message of 2 KB of HTML and the text derived from it, or written, per iteration.
func BenchmarkRender(b *testing.B) {
	paragraph := func(s string) string {
		return "<html><head><style>p { margin: 1em }</style></head><body><h1>{{ mailing.name }}</h1>" +
			"<p>" + s + ", {{ client.full_name | default: \"друг\" }}!</p>{% if client.attributes.age > 18 %}" +
			strings.Repeat("<p style=\"color: #333\">"+s+". "+strings.Repeat(s+" ", 10)+"</p>\n", 1+1600/(30+11*len(s))) +
			"{% endif %}<a href=\"https://example.org/?e={{ client.email | url_encode }}\">" + s + "</a></body></html>"
	}
	for name, c := range map[string]render.Content{
		"cyrillic": content("Здравствуйте, {{ client.full_name }}!", paragraph("Здравствуйте"), ""),
		"ascii":    content("Hello, {{ client.full_name }}!", paragraph("Hello there"), ""),
	} {
		b.Run(name, func(b *testing.B) {
			tmpl, err := render.Compile(c)
			require.NoError(b, err)
			r, at := ivan(), sentAt()
			r.Email = "ivan@example.org"
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				if dst, err = tmpl.Render(dst[:0], r, at); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(len(dst)))
			b.ReportMetric(float64(len(c.HTML)), "html-B")
		})
	}
}

// BenchmarkCompile is what an attempt pays once.
func BenchmarkCompile(b *testing.B) {
	c := content("Здравствуйте, {{ client.full_name }}!", strings.Repeat("<p>Привет, {{ client.full_name }}!</p>\n", 50), "")
	for b.Loop() {
		_, err := render.Compile(c)
		require.NoError(b, err)
	}
}
