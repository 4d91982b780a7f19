# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The scripts that the survey runs inside a page. They only look: nothing of the page is changed."""

from __future__ import annotations

# Begins before the page's own scripts: collects the vitals until collectVitals() is called. Times are milliseconds.
VITALS_OBSERVER = """
(() => {
  const seen = {fcp: null, lcp: null, cls: 0};
  let windowSum = 0, windowStart = -Infinity, windowEnd = -Infinity;
  const observers = [];
  const observe = (type, take) => {
    const taken = list => list.forEach(take);
    try {
      const observer = new PerformanceObserver(list => taken(list.getEntries()));
      observer.observe({type, buffered: true});
      observers.push(() => taken(observer.takeRecords()));
    } catch (error) { seen.cls = type === 'layout-shift' ? null : seen.cls; }
  };
  if (!(PerformanceObserver.supportedEntryTypes || []).includes('layout-shift')) seen.cls = null;
  observe('paint', entry => { if (entry.name === 'first-contentful-paint') seen.fcp = entry.startTime; });
  observe('largest-contentful-paint', entry => { seen.lcp = entry.startTime; });
  observe('layout-shift', entry => {
    if (entry.hadRecentInput || seen.cls === null) return;
    const apart = entry.startTime - windowEnd > 1000 || entry.startTime - windowStart > 5000;
    if (apart) { windowSum = 0; windowStart = entry.startTime; }
    windowEnd = entry.startTime;
    windowSum += entry.value;
    seen.cls = Math.max(seen.cls, windowSum);
  });
  const collect = () => {
    observers.forEach(flush => flush());
    const navigation = performance.getEntriesByType('navigation')[0];
    return {...seen, ttfb: navigation ? navigation.responseStart : null};
  };
  Object.defineProperty(window, '__stagegateVitals', {value: collect});
})();
"""
COLLECT_VITALS = "() => window.__stagegateVitals ? window.__stagegateVitals() : null"

# (landmark selectors) -> how the page is laid out. What scrolls by itself inside a container does not overflow the page.
LAYOUT = """
landmarks => {
  const root = document.documentElement, width = root.clientWidth;
  const shown = element => element.checkVisibility({visibilityProperty: true, opacityProperty: true})
    && element.getBoundingClientRect().width > 0 && element.getBoundingClientRect().height > 0;
  const name = element => element.tagName.toLowerCase() + (element.id ? '#' + element.id : '')
    + (element.classList.length ? '.' + [...element.classList].slice(0, 2).join('.') : '');
  const contained = element => {
    for (let parent = element.parentElement; parent && parent !== document.body; parent = parent.parentElement)
      if (getComputedStyle(parent).overflowX !== 'visible') return true;
    return false;
  };
  const over = root.scrollWidth > width + 1 ? [...document.body.querySelectorAll('*')].filter(
    element => element.getBoundingClientRect().right > width + 1 && shown(element) && !contained(element)).slice(0, 3) : [];
  const viewport = document.querySelector('meta[name=viewport]');
  return {
    scroll_width: Math.max(root.scrollWidth, document.body.scrollWidth),
    client_width: width,
    overflowing: over.map(name),
    visible: Object.fromEntries(landmarks.map(wanted => [wanted, [...document.querySelectorAll(wanted)].some(shown)])),
    mobile_viewport: !!viewport && /width\\s*=\\s*device-width/.test(viewport.content),
    text_length: document.body.innerText.trim().length,
  };
}
"""

# Finds what Tab must reach, remembers it, and returns names for people.
FOCUSABLE = """
() => {
  const wanted = 'a[href], button, input, select, textarea, summary, iframe, audio[controls], video[controls], '
    + '[contenteditable]:not([contenteditable=false]), [tabindex]';
  const groups = new Set();
  const reachable = element => {
    if (element.tabIndex < 0 || element.disabled || element.closest('[inert]') || element.type === 'hidden') return false;
    if (!element.checkVisibility({visibilityProperty: true}) || !element.getClientRects().length) return false;
    if (element.type !== 'radio' || !element.name) return true;
    const group = (element.form ? element.form.id + ' ' : '') + element.name;
    const first = !groups.has(group);
    groups.add(group);
    return first;
  };
  const found = [...document.querySelectorAll(wanted)].filter(reachable);
  Object.defineProperty(window, '__stagegateFocusable', {value: found, configurable: true});
  document.activeElement?.blur();
  getSelection().removeAllRanges();
  return found.map(element => (element.tagName.toLowerCase() + ' '
    + (element.getAttribute('aria-label') || element.innerText || element.name || element.id || '').trim()).slice(0, 60));
}
"""
FOCUSED = """
() => {
  const now = document.activeElement;
  const at = window.__stagegateFocusable.findIndex(element => element === now
    || (now && element.type === 'radio' && now.type === 'radio' && element.name && element.name === now.name));
  return at < 0 ? null : at;
}
"""
# What the page itself took away meanwhile need not be reached any more.
GONE = "() => window.__stagegateFocusable.map((element, at) => element.isConnected ? -1 : at).filter(at => at >= 0)"
