#!/usr/bin/env node
// Plays a presentation with hls.js in a headless Chromium and says what happened, as one line of JSON.
//
// play.mjs CHROMIUM PROFILE_FOLDER URL [seek]
// With `seek` it also jumps to the middle, as soon as the whole length is known, and back.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, profile, url, mode] = process.argv.slice(2);
const LIMIT_MS = 120_000;
const HLS = new URL("node_modules/hls.js/dist/hls.min.js", import.meta.url);
const PAGE = '<!doctype html><title>player</title><video id="v"></video><script src="/hls.js"></script>';

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
  video.addEventListener("waiting", () => (seen.stalls += 1));
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

async function serve() {
  const script = await readFile(HLS);
  const server = createServer((request, response) => {
    const asked = request.url === "/hls.js";
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
    const report = await page.evaluate(watch, { source: url, seeks: mode === "seek", limit: LIMIT_MS });
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
