// What counts as a stall: the picture stands still for longer than anybody overlooks.

// Runs in the page: counts them in `seen.stalls`, from the first picture on, but for those after a seek.
export function countStalls(video, seen) {
  const OVERLOOKED_MS = 250;
  let since = null;
  video.addEventListener("waiting", () => {
    if (seen.began !== null && !video.seeking) since ??= performance.now();
  });
  for (const goesOn of ["timeupdate", "ended"]) {
    video.addEventListener(goesOn, () => {
      if (since !== null && performance.now() - since > OVERLOOKED_MS) seen.stalls += 1;
      since = null;
    });
  }
}
