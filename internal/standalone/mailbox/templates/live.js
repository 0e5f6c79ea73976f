// What the pages do beyond links and forms, and do without: the colour scheme, the width of a message on a phone, and mail
// that appears as it arrives.
(function () {
  'use strict';
  var root = document.documentElement;

  var theme = document.getElementById('theme');
  function isDark() {
    return root.dataset.scheme
      ? root.dataset.scheme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
  }
  function nameTheme() {
    theme.setAttribute('aria-label', isDark() ? theme.dataset.light : theme.dataset.dark);
    theme.title = theme.getAttribute('aria-label');
  }
  theme.hidden = false;
  nameTheme();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', nameTheme);
  theme.addEventListener('click', function () {
    root.dataset.scheme = isDark() ? 'light' : 'dark';
    try {
      localStorage.setItem('mantine-color-scheme-value', root.dataset.scheme);
    } catch {
      // storage is forbidden: it holds until the page is left
    }
    nameTheme();
  });

  var phone = document.getElementById('width-phone');
  if (phone && matchMedia('(max-width: 700px)').matches) phone.checked = true;

  if (document.getElementById('list')) live();

  function live() {
    var state = document.getElementById('live');
    var told = document.getElementById('told');
    var fresh = document.getElementById('fresh');
    var field = document.getElementById('q');
    var known = Number(list().dataset.total); // as the person knows it
    var asking = null;
    var quiet, typing, events, retry;

    function list() {
      return document.getElementById('list');
    }

    // Takes the list from the page as it is now. A newer call ends an older one.
    async function refresh() {
      if (asking) asking.abort();
      var mine = (asking = new AbortController());
      try {
        var answer = await fetch(location.href, { signal: mine.signal });
        if (!answer.ok) return;
        var next = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('list');
        if (!next || mine !== asking) return;
        var old = list();
        var focused = old.contains(document.activeElement)
          ? document.activeElement.getAttribute('href')
          : null;
        old.replaceWith(document.adoptNode(next));
        if (next.dataset.page === '1' && !fresh.hidden) {
          fresh.hidden = true;
          known = Number(next.dataset.total);
        }
        if (focused) {
          var again = next.querySelector('a[href="' + CSS.escape(focused) + '"]');
          (again || document.getElementById('content')).focus({ preventScroll: true });
        }
      } catch {
        // the connection says so itself
      }
    }

    function arrived(total) {
      if (total === Number(list().dataset.total)) return;
      var began = total < known; // Vestnik was started again, and with it the mailbox
      if (began) known = total;
      if (began || list().dataset.page === '1') {
        refresh();
      } else {
        fresh.textContent = fresh.dataset.words.replace('{n}', String(total - known));
        fresh.hidden = false;
      }
      clearTimeout(quiet);
      quiet = setTimeout(function () {
        if (total > known) told.textContent = told.dataset.words.replace('{n}', String(total - known));
        if (fresh.hidden) known = total;
      }, 1500); // a mailing is told of once, when it is over
    }

    function show(how) {
      state.hidden = false;
      state.dataset.state = how;
      state.textContent = state.dataset[how];
      state.title = state.dataset[how + 'Hint'];
    }
    // While nobody sees the page it holds no connection: browsers allow six to a server, to all pages together.
    function leave() {
      clearTimeout(retry);
      if (events) events.close();
    }
    function connect() {
      leave();
      var mine = (events = new EventSource('/mailbox/events'));
      mine.onopen = function () {
        show('live');
      };
      mine.onerror = function () {
        show('lost');
        if (mine.readyState === EventSource.CLOSED) retry = setTimeout(connect, 10000); // refused; the browser does not ask again
      };
      mine.onmessage = function (event) {
        arrived(Number(event.data));
      };
    }
    document.addEventListener('visibilitychange', function () {
      if (document.visibilityState === 'visible') connect();
      else leave();
    });
    addEventListener('pagehide', leave);
    if (document.visibilityState === 'visible') connect();
    addEventListener('pageshow', function (event) {
      if (event.persisted) location.reload();
    });

    field.addEventListener('input', function () {
      clearTimeout(typing);
      typing = setTimeout(function () {
        var q = field.value.trim();
        history.replaceState(null, '', q ? '/mailbox?q=' + encodeURIComponent(q) : '/mailbox');
        refresh();
      }, 300);
    });
  }
})();
