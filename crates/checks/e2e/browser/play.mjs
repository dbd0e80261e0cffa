#!/usr/bin/env node
// Plays a presentation with hls.js in a headless Chromium and says what happened, as one line of JSON.
//
// play.mjs CHROMIUM PROFILE_FOLDER URL [seek|shaka|live SECONDS [gap]]
// With `shaka` another player does the same: Shaka Player.
// With `seek` it also jumps to the middle, as soon as the whole length is known, and back. With `live` it watches a live
// stream for so long, and with `gap` until it has passed one; then waits for a gap if there was none, and goes back in
// the window, to before the gap.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { watchWithShaka } from "./shaka.mjs";

const [executablePath, profile, url, mode, seconds = 0, across = ""] = process.argv.slice(2);
const LIMIT_MS = 120_000 + 1000 * Number(seconds);
const HLS = new URL("node_modules/hls.js/dist/hls.min.js", import.meta.url);
const SHAKA = new URL("node_modules/shaka-player/dist/shaka-player.compiled.js", import.meta.url);
const SCRIPT = mode === "shaka" ? SHAKA : HLS;
const PAGE = '<!doctype html><title>player</title><video id="v"></video><script src="/player.js"></script>';

const FLAGS = [
  "--no-sandbox",
  "--autoplay-policy=no-user-gesture-required",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// Runs in the page: plays to the end and reports.
async function watch({ source, seeks, limit }) {
  const video = document.getElementById("v");
  const seen = { began: null, duration: null, fatal: [], errors: [], stalls: 0, jump: null };
  const hls = new Hls();
  hls.on(Hls.Events.ERROR, (_, error) => {
    (error.fatal ? seen.fatal : seen.errors).push(error.details);
  });
  video.addEventListener("waiting", () => (seen.stalls += seen.began !== null && !video.seeking));
  video.addEventListener("durationchange", () => {
    if (Number.isFinite(video.duration)) seen.duration ??= video.duration;
  });
  video.addEventListener("playing", () => (seen.began ??= video.currentTime), { once: true });
  const once = (name) => new Promise((resolve) => video.addEventListener(name, resolve, { once: true }));
  const picture = () =>
    new Promise((resolve) => video.requestVideoFrameCallback((_, frame) => resolve(frame)));
  const next = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("too slow")), limit));
  hls.loadSource(source);
  hls.attachMedia(video);
  await Promise.race([once("canplay"), late]);
  const chosen = hls.subtitleTrack;
  await video.play();
  if (seeks) {
    const asked = performance.now();
    video.currentTime = video.duration / 2;
    let frame = await Promise.race([picture(), late]);
    while (frame.mediaTime < video.duration / 2 - 0.1) frame = await Promise.race([picture(), late]);
    seen.jump = { at: frame.mediaTime, after: (performance.now() - asked) / 1000 };
    video.currentTime = 0;
  }
  seen.subtitles = [];
  for (const [number, { name, lang, forced }] of hls.subtitleTracks.entries()) {
    hls.subtitleTrack = number;
    const cues = () => [...video.textTracks].find((track) => track.mode !== "disabled")?.cues ?? [];
    while (cues().length === 0) await Promise.race([next(100), late]);
    const read = [...cues()].map((cue) => ({ start: cue.startTime, end: cue.endTime, text: cue.text }));
    seen.subtitles.push({ name, lang, forced, chosen: number === chosen, cues: read });
  }
  seen.sound = hls.audioTracks.map(({ name, lang }) => ({ name, lang }));
  if (!video.ended) await Promise.race([once("ended"), late]);
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

// Runs in the page: watches a live stream, and measures how far behind the clock it is.
async function follow({ source, seconds, across, limit }) {
  const video = document.getElementById("v");
  const seen = { fatal: [], errors: [], stalls: 0, delays: [], gapsPassed: 0, back: null };
  const hls = new Hls();
  hls.on(Hls.Events.ERROR, (_, error) => {
    (error.fatal ? seen.fatal : seen.errors).push(error.details);
  });
  video.addEventListener("waiting", () => (seen.stalls += 1));
  const once = (name) => new Promise((resolve) => video.addEventListener(name, resolve, { once: true }));
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("too slow")), limit));
  const fragments = () => hls.levels[0].details.fragments;
  const reaches = (time) =>
    new Promise((resolve) => {
      const look = setInterval(() => {
        if (video.currentTime < time) return;
        clearInterval(look);
        resolve();
      }, 50);
    });
  hls.loadSource(source);
  hls.attachMedia(video);
  await Promise.race([once("canplay"), late]);
  await video.play();
  const began = { at: video.currentTime, behind: hls.latency };
  const measuring = setInterval(() => {
    if (hls.playingDate) seen.delays.push((Date.now() - hls.playingDate) / 1000);
  }, 500);
  await Promise.race([new Promise((resolve) => setTimeout(resolve, 1000 * seconds)), late]);
  const passed = () => fragments().filter((it) => it.gap && it.start > began.at && it.end < video.currentTime);
  while (across && passed().length === 0 && hls.levels[0].details.live) {
    await Promise.race([new Promise((resolve) => hls.once(Hls.Events.LEVEL_UPDATED, resolve)), late]);
  }
  clearInterval(measuring);
  const left = video.currentTime;
  seen.gapsPassed = passed().length;
  // Back in the window, and over its last gap.
  const gaps = () => fragments().filter((it) => it.gap);
  while (gaps().length === 0 && hls.levels[0].details.live) {
    await Promise.race([new Promise((resolve) => hls.once(Hls.Events.LEVEL_UPDATED, resolve)), late]);
  }
  const gap = gaps().at(-1);
  const to = gap ? Math.max(gap.start - 1.5, fragments()[0].start + 0.1) : fragments()[0].start + 0.1;
  video.currentTime = to;
  await Promise.race([reaches(gap ? gap.end + 1 : to + 2), late]);
  seen.back = { to, windowStart: fragments()[0].start, gap: gap?.start ?? null, reached: video.currentTime };
  const quality = video.getVideoPlaybackQuality();
  return {
    ...seen,
    began,
    played: left - began.at,
    pictures: quality.totalVideoFrames,
    corrupted: quality.corruptedVideoFrames,
    soundBytes: video.webkitAudioDecodedByteCount,
  };
}

async function serve() {
  const script = await readFile(SCRIPT);
  const server = createServer((request, response) => {
    const asked = request.url === "/player.js";
    response.setHeader("content-type", asked ? "text/javascript" : "text/html");
    response.end(asked ? script : PAGE);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function main() {
  const server = await serve();
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: FLAGS,
    headless: true,
    timeout: LIMIT_MS,
  });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT_MS);
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const watched = { seconds: Number(seconds), across: across !== "" };
    const wanted = { source: url, seeks: mode === "seek", ...watched, limit: LIMIT_MS };
    const acts = { live: follow, shaka: watchWithShaka };
    const report = await page.evaluate(acts[mode] ?? watch, wanted);
    console.log(JSON.stringify(report));
  } finally {
    await context.close();
    server.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(String(error?.stack ?? error));
    process.exitCode = 1;
  });
}
