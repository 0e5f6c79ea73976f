// Before the first paint: colour scheme and language as they were chosen in the web application, which keeps them in this
// browser. The server knows the language by a cookie.
(function () {
  'use strict';
  var root = document.documentElement;
  var scheme, wanted;
  try {
    scheme = localStorage.getItem('mantine-color-scheme-value');
    var here = new URL(location.href);
    var asked = here.searchParams.get('lang');
    if (asked === 'en' || asked === 'ru') {
      localStorage.setItem('vestnik-language', asked);
      here.searchParams.delete('lang');
      history.replaceState(null, '', here);
    }
    wanted = localStorage.getItem('vestnik-language');
  } catch {
    // storage is forbidden: as the system has it
  }
  if (scheme === 'light' || scheme === 'dark') root.dataset.scheme = scheme;
  if ((wanted === 'en' || wanted === 'ru') && wanted !== root.lang) {
    var cookie = 'vestnik_language=' + wanted;
    if (document.cookie.includes(cookie)) return; // the server has been told, and knows better
    document.cookie = cookie + '; path=/mailbox; max-age=31536000; samesite=lax';
    if (document.cookie.includes(cookie)) location.reload();
  }
})();
