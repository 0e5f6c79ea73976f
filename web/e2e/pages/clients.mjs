/** Collects how long each interaction took until the next frame was painted: the Event Timing API, as in INP. */
export async function watchInteractions(page) {
  await page.evaluate(() => {
    window.interactions = [];
    new PerformanceObserver((list) => {
      for (const {
        name,
        duration,
        interactionId,
        startTime,
        processingStart,
        processingEnd,
      } of list.getEntries())
        if (interactionId)
          window.interactions.push({
            name,
            duration,
            interactionId,
            on: window.step,
            delay: Math.round(processingStart - startTime),
            work: Math.round(processingEnd - processingStart),
          });
    }).observe({ type: 'event', durationThreshold: 16, buffered: true });
  });
}

/** Says what the interactions from now on are, so that the longest can be told. */
export const step = (page, name) =>
  page.evaluate((value) => {
    window.step = value;
  }, name);

/**
 * Interaction to next paint of what was done so far, in ms, as web.dev defines it: the longest interaction, one of each fifty
 * left out. `count` is of all; the browser tells the durations of those that took 16 ms or more.
 */
export async function nextPaint(page) {
  // The entries of the last frame come with the one after it.
  await page.evaluate(
    () =>
      new Promise((done) =>
        window.requestAnimationFrame(() => window.requestAnimationFrame(() => setTimeout(done, 50))),
      ),
  );
  return page.evaluate(() => {
    const longest = new Map();
    for (const { interactionId, ...entry } of window.interactions)
      if (entry.duration > (longest.get(interactionId)?.duration ?? 0)) longest.set(interactionId, entry);
    const worst = [...longest.values()].sort((a, b) => b.duration - a.duration);
    const count = performance.interactionCount ?? worst.length;
    return { count, inp: worst[Math.floor(count / 50)]?.duration ?? 0, worst: worst.slice(0, 6) };
  });
}

/** The scrolling part of the table of clients. */
export const table = ({ page, t }) => page.getByRole('group', { name: t('clients:title'), exact: true });

/** How many rows are in the page, and the number of the first that is seen. */
export const rowsSeen = (scroller) =>
  scroller.evaluate((element) => {
    const rows = [...element.querySelectorAll('[role=row][aria-rowindex]')];
    const { top } = element.getBoundingClientRect();
    const seen = rows.filter((row) => row.getBoundingClientRect().bottom > top + 60);
    return {
      drawn: rows.length,
      absent: seen.filter((row) => row.ariaBusy).length,
      first: Math.min(...seen.map((row) => Number(row.ariaRowIndex))),
    };
  });
