// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The search runs in a worker, and a browser starts none from file://. There it runs in a hidden frame.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(script) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      const inside = frame.contentWindow;
      inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }));
      this.loaded = load(inside, script);
      this.inside = inside;
    }

    postMessage(data) {
      this.loaded.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })));
    }
  };
}

function load(inside, src) {
  return new Promise((resolve, reject) => {
    const element = inside.document.createElement("script");
    element.src = src;
    element.onload = resolve;
    element.onerror = reject;
    inside.document.head.append(element);
  });
}
