// Talking to our own server: JSON in, JSON out, and errors that carry the server's own sentence.
import { t } from "./page.js";

export class ApiError extends Error {
  constructor(status, body) {
    super(body?.detail || t("服务没有回答，请稍后再试"));
    this.status = status;
    this.code = body?.error ?? "";
    this.fields = body?.fields ?? [];
  }
}

async function read(response) {
  const type = response.headers.get("content-type") ?? "";
  return type.includes("json") ? response.json() : response.text();
}

export async function request(url, { method = "GET", body, headers = {}, signal } = {}) {
  const options = { method, headers: { accept: "application/json", ...headers }, signal, credentials: "same-origin" };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["content-type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { detail: t("连不上服务，请检查网络") });
  }
  const answer = response.status === 204 ? null : await read(response);
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer;
}

/** A piece of a page as HTML that our server rendered and escaped. */
export async function part(url, { signal } = {}) {
  return request(url, { headers: { accept: "text/html" }, signal });
}

/** Only the newest of several requests counts: `const latest = newest(); latest((signal) => …)`. */
export function newest() {
  let running = null;
  return async (work) => {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    try {
      return await work(mine.signal);
    } catch (error) {
      if (error.name === "AbortError") return undefined;
      throw error;
    }
  };
}
