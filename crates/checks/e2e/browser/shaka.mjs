// Plays a presentation with Shaka Player: what `watch` of play.mjs does with hls.js.

// Runs in the page: chooses all sound and all text once, plays to the end and reports.
export async function watchWithShaka({ source, limit }) {
  const video = document.getElementById("v");
  const seen = { began: null, duration: null, fatal: [], errors: [], stalls: 0, subtitles: [], sound: [] };
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("too slow")), limit));
  const next = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const once = (name) => new Promise((resolve) => video.addEventListener(name, resolve, { once: true }));
  const note = ({ severity, category, code, data }) => {
    const critical = severity === shaka.util.Error.Severity.CRITICAL;
    (critical ? seen.fatal : seen.errors).push(`${category}.${code} ${String(data?.[0] ?? "")}`);
  };
  video.addEventListener("playing", () => (seen.began ??= video.currentTime), { once: true });
  video.addEventListener("waiting", () => (seen.stalls += seen.began !== null && !video.seeking));
  const player = new shaka.Player();
  player.addEventListener("error", ({ detail }) => note(detail));
  try {
    await player.attach(video);
    await Promise.race([player.load(source), late]);
    seen.duration = video.duration;
    for (const track of player.getTextTracks()) {
      await player.selectTextTrack(track);
      const cues = () => [...video.textTracks].flatMap((it) => [...(it.cues ?? [])]);
      while (cues().length === 0) await Promise.race([next(100), late]);
      const read = cues().map((cue) => ({ start: cue.startTime, end: cue.endTime, text: cue.text }));
      seen.subtitles.push({ name: track.label, lang: track.language, forced: track.forced, chosen: false, cues: read });
    }
    for (const track of player.getAudioTracks()) {
      player.selectAudioTrack(track);
      seen.sound.push({ name: track.label, lang: track.language });
    }
    await video.play();
    if (!video.ended) await Promise.race([once("ended"), late]);
  } catch (error) {
    if (error?.category === undefined) throw error;
    note(error);
  }
  const quality = video.getVideoPlaybackQuality();
  return {
    ...seen,
    ended: video.ended,
    at: video.currentTime,
    width: video.videoWidth,
    height: video.videoHeight,
    pictures: quality.totalVideoFrames,
    dropped: quality.droppedVideoFrames,
    corrupted: quality.corruptedVideoFrames,
    soundBytes: video.webkitAudioDecodedByteCount,
    pictureBytes: video.webkitVideoDecodedByteCount,
  };
}
