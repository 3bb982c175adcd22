// Shows recorded races, step by step. Membranes and spikes come from the data; nothing of the neuron is computed here.
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const MINUS = "\u2212";

  const signed = (value, digits = 0) => {
    const text = Math.abs(value).toFixed(digits);
    return (Number(text) === 0 ? "" : value < 0 ? MINUS : "+") + text;
  };
  const plain = (value) => (value < 0 ? MINUS : "") + Math.abs(value);
  const grouped = (value) => Math.round(value).toLocaleString("en-US");
  const several = (count, one) => grouped(count) + " " + one + (count === 1 ? "" : "s");

  const draw = (parent, name, attributes) => {
    const node = document.createElementNS(SVG, name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    parent.appendChild(node);
    return node;
  };
  const make = (parent, name, className, text) => {
    const node = document.createElement(name);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    parent.appendChild(node);
    return node;
  };

  // int32, the four bytes of all numbers apart, zlib, base64.
  const unpack = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const planes = new Uint8Array(await new Response(stream).arrayBuffer());
    const n = planes.length / 4;
    const numbers = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      numbers[i] = planes[i] | (planes[n + i] << 8) | (planes[2 * n + i] << 16) | (planes[3 * n + i] << 24);
    }
    return numbers;
  };

  // One image, unpacked in the order that race_data.py packs; scores and leads are running counts of its spikes.
  const unfold = (image, numbers, facts) => {
    const [nSteps, nInputs, nOutputs] = image.sizes;
    let at = 0;
    const take = (n) => numbers.subarray(at, (at += n));
    const values = take(facts.n_in);
    const gaps = take(nSteps);
    const nIn = take(nSteps);
    const nOut = take(nSteps);
    const inputs = take(nInputs);
    const outputs = take(nOutputs);
    const charge = take(nSteps * facts.n_out);
    const ticks = new Int32Array(nSteps);
    const firstIn = new Int32Array(nSteps + 1);
    const firstOut = new Int32Array(nSteps + 1);
    const scores = new Int32Array((nSteps + 1) * facts.n_out);
    const leads = new Int32Array(nSteps + 1);
    for (let step = 0; step < nSteps; step++) {
      ticks[step] = gaps[step] + (step ? ticks[step - 1] : 0);
      firstIn[step + 1] = firstIn[step] + nIn[step];
      firstOut[step + 1] = firstOut[step] + nOut[step];
      const row = (step + 1) * facts.n_out;
      scores.copyWithin(row, row - facts.n_out, row);
      for (let i = firstOut[step]; i < firstOut[step + 1]; i++) scores[row + (outputs[i] >> 1)] += outputs[i] & 1 ? -1 : 1;
      leads[step + 1] = ranking(scores.subarray(row, row + facts.n_out)).lead;
    }
    return { ...image, nSteps, values, ticks, firstIn, firstOut, inputs, outputs, charge, scores, leads };
  };

  const ranking = (scores) => {
    let best = 0;
    for (let j = 1; j < scores.length; j++) if (scores[j] > scores[best]) best = j;
    let next = -Infinity;
    for (let j = 0; j < scores.length; j++) if (j !== best && scores[j] > next) next = scores[j];
    return { best, lead: scores.length > 1 ? scores[best] - next : 0 };
  };

  const start = (root) => {
    const one = (selector) => root.querySelector(selector);
    const facts = JSON.parse(one(".race-data").textContent);
    const { rows, columns, n_in: nPixels, n_out: nNeurons } = facts;
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    const list = one(".race-list"), slider = one(".race-slider"), state = one(".race-state");
    const speed = one(".race-speed select"), playButton = one(".race-play");
    let weights = null, race = null, step = 0, wanted = 0, playing = 0;

    // ---- pictures -------------------------------------------------------------------------------------------------
    const board = (selector) => {
      const svg = one(selector);
      svg.setAttribute("viewBox", "0 0 " + columns + " " + rows);
      // A single row of many inputs would vanish at its true height.
      if (rows === 1) { svg.setAttribute("preserveAspectRatio", "none"); svg.style.height = "3rem"; }
      return svg;
    };
    const cells = (svg, kind) => Array.from({ length: nPixels }, (_, line) => {
      const node = draw(svg, "rect", { class: kind, width: 0, height: 0 });
      node.line = line;
      node.side = 0;
      return node;
    });
    const size = (node, side) => {
      if (node.side === side) return;
      node.side = side;
      node.setAttribute("x", (node.line % columns) + 0.5 - side / 2);
      node.setAttribute("y", Math.floor(node.line / columns) + 0.5 - side / 2);
      node.setAttribute("width", side);
      node.setAttribute("height", side);
      if (node.round) node.setAttribute("rx", side / 2);
    };
    const edge = (svg) => draw(svg, "rect", { class: "frame", x: 0, y: 0, width: columns, height: rows });
    const inputSvg = board(".race-input");
    const pictures = cells(inputSvg, "picture"), dots = cells(inputSvg, "dot");
    dots.forEach((node) => { node.round = true; });
    edge(inputSvg);
    const maps = ["winner", "second", "lack"].map((name) => {
      const svg = board(".race-map.race-" + name);
      edge(svg);
      return { svg, cells: cells(svg, "up"), sum: one(".race-" + name + "-sum"), name: one(".race-" + name + "-name") };
    });
    const frames = [inputSvg, ...maps.map((map) => map.svg)].map((svg) => draw(svg, "g", {}));
    const counts = new Int32Array(nPixels), given = maps.map(() => new Float64Array(nPixels));
    let counted = 0, mostDots = 1, mostGiven = 1;

    const weight = (code, neuron) => weights[((code & 1) * nPixels + (code >> 1)) * nNeurons + neuron] / facts.unit;
    const count = (from, to) => {
      for (let i = race.firstIn[from]; i < race.firstIn[to]; i++) {
        const line = race.inputs[i] >> 1;
        counts[line]++;
        [race.winner, race.second ?? race.winner].forEach((neuron, k) => { given[k][line] += weight(race.inputs[i], neuron); });
        given[2][line] = given[0][line] - given[1][line];
      }
      counted = to;
    };
    const clear = () => { counts.fill(0); given.forEach((sums) => sums.fill(0)); counted = 0; };
    const recount = () => {
      if (step < counted) clear();
      count(counted, step);
    };
    const scale = () => {
      clear();
      count(0, race.nSteps);
      mostDots = Math.max(1, ...counts);
      // The largest pixel on the way may be larger than at the end; a square never outgrows its cell.
      mostGiven = Math.max(1e-9, ...given.flatMap((sums) => Array.from(sums, Math.abs)));
      clear();
    };
    const drawMaps = () => {
      recount();
      for (let line = 0; line < nPixels; line++) {
        size(dots[line], counts[line] ? 0.72 * Math.sqrt(counts[line] / mostDots) : 0);
        given.forEach((sums, k) => {
          const node = maps[k].cells[line];
          size(node, sums[line] ? 0.92 * Math.sqrt(Math.min(1, Math.abs(sums[line]) / mostGiven)) : 0);
          const kind = sums[line] < 0 ? "down" : "up";
          if (node.kind !== kind) node.setAttribute("class", (node.kind = kind));
        });
      }
      given.forEach((sums, k) => {
        let up = 0, down = 0;
        sums.forEach((value) => { if (value > 0) up += value; else down += value; });
        maps[k].sum.textContent = signed(up, 1) + " " + signed(down, 1) + " = " + signed(up + down, 1);
        maps[k].svg.dataset.units = (up + down).toFixed(2);
      });
      one(".race-count").textContent = several(race.firstIn[step], "spike") + " of " + grouped(race.offered);
      const now = step ? race.inputs.subarray(race.firstIn[step - 1], race.firstIn[step]) : [];
      frames.forEach((group) => {
        group.replaceChildren();
        now.forEach((code) => draw(group, "rect", {
          class: "now" + (code & 1 ? " minus" : ""), width: 1, height: 1,
          x: (code >> 1) % columns, y: Math.floor((code >> 1) / columns),
        }));
      });
      inputSvg.dataset.pixels = Array.from(now, (code) => code >> 1).join(" ");
    };

    // ---- neurons --------------------------------------------------------------------------------------------------
    const share = (units) => 50 + (50 * units) / facts.rail;
    const mark = (bar, units, kind) => { make(bar, "i", kind).style.left = share(units) + "%"; };
    const axis = one(".race-axis");
    const ticksAt = Math.max(...facts.up, ...facts.down) < facts.rail * 0.85 ? [-facts.rail, 0, facts.rail] : [0];
    ticksAt.forEach((units) => {
      const text = make(axis, "i", "", units ? signed(units) : "0 units");
      text.style.left = share(units) + "%";
      if (Math.abs(units) === facts.rail) text.style.transform = units < 0 ? "none" : "translateX(-100%)";
    });
    const neurons = Array.from({ length: nNeurons }, (_, j) => {
      const row = make(one(".race-rows"), "div", "race-row");
      row.setAttribute("role", "row");
      row.dataset.neuron = j;
      const parts = { row, last: -Infinity };
      const name = make(row, "span", "name", j);
      name.setAttribute("role", "rowheader");
      parts.role = make(name, "span", "role");
      const bar = make(row, "span", "race-bar");
      bar.setAttribute("role", "cell");
      mark(bar, 0, "zero");
      mark(bar, facts.up[j], "threshold");
      mark(bar, -facts.down[j], "threshold");
      parts.bar = bar;
      parts.fill = make(bar, "b");
      const up = make(bar, "em", "fire-up", "▲"), down = make(bar, "em", "fire-down", "▼");
      up.style.left = (share(facts.up[j]) + 100) / 2 + "%";
      down.style.left = share(-facts.down[j]) / 2 + "%";
      for (const part of ["positive", "negative", "score"]) {
        parts[part] = make(row, "span", part);
        parts[part].setAttribute("role", "cell");
      }
      return parts;
    });
    const drawNeurons = () => {
      const fired = new Int8Array(nNeurons), last = new Float64Array(nNeurons).fill(-Infinity);
      const positive = new Int32Array(nNeurons), negative = new Int32Array(nNeurons);
      for (let s = 0; s < step; s++) {
        for (let i = race.firstOut[s]; i < race.firstOut[s + 1]; i++) {
          const j = race.outputs[i] >> 1;
          last[j] = race.ticks[s];
          if (race.outputs[i] & 1) negative[j]++; else positive[j]++;
          if (s === step - 1) fired[j] = race.outputs[i] & 1 ? -1 : 1;
        }
      }
      neurons.forEach((parts, j) => {
        const units = step ? race.charge[(step - 1) * nNeurons + j] / facts.per_unit : 0;
        const resting = step > 0 && race.ticks[step - 1] - last[j] < facts.refractory;
        const [row, fill] = [parts.row, parts.fill];
        const width = 50 * Math.min(1, Math.abs(units) / facts.rail);
        fill.style.left = (units < 0 ? 50 - width : 50) + "%";
        fill.style.width = width + "%";
        row.classList.toggle("fires-up", fired[j] > 0);
        row.classList.toggle("fires-down", fired[j] < 0);
        row.classList.toggle("refractory", resting);
        row.dataset.charge = units.toFixed(2);
        row.dataset.refractory = resting;
        parts.bar.setAttribute("aria-label", signed(units, 2) + " units" + (resting ? ", refractory" : ""));
        const texts = { positive: positive[j], negative: negative[j], score: plain(positive[j] - negative[j]) };
        for (const part in texts) if (parts[part].textContent !== String(texts[part])) parts[part].textContent = texts[part];
      });
    };

    // ---- charts ---------------------------------------------------------------------------------------------------
    const leadChart = one(".race-lead-chart"), scoreChart = one(".race-score-chart");
    let cursors = [];
    const chart = (svg, low, high, right) => {
      svg.replaceChildren();
      const width = svg.clientWidth || 300, height = svg.clientHeight || 150;
      const left = 30, bottom = 18, end = race.duration;
      const x = (tick) => left + ((width - left - right) * tick) / end;
      const y = (value) => 6 + ((height - bottom - 6) * (high - value)) / (high - low || 1);
      draw(svg, "path", { class: "axis", d: "M" + left + "," + y(low) + "H" + x(end) });
      const word = (text, at, anchor, kind) => {
        draw(svg, "text", { x: at[0], y: at[1], "text-anchor": anchor, class: kind || "" }).textContent = text;
      };
      word("0", [left, height - 3], "start");
      word(grouped(end * facts.tick_us) + " µs", [x(end), height - 3], "end");
      const steps = (valueAt) => {
        let path = "M" + x(0) + "," + y(valueAt(0)), before = valueAt(0);
        for (let s = 1; s <= race.nSteps; s++) {
          const value = valueAt(s);
          if (value !== before) path += "H" + x(race.ticks[s - 1]).toFixed(1) + "V" + y(value).toFixed(1);
          before = value;
        }
        return path + "H" + x(end);
      };
      const line = (valueAt, kind) => draw(svg, "path", { class: "line " + kind, d: steps(valueAt) });
      const cursor = draw(svg, "line", { class: "cursor", x1: left, x2: left, y1: 2, y2: height - bottom });
      cursors.push((tick) => { const at = x(tick); cursor.setAttribute("x1", at); cursor.setAttribute("x2", at); });
      return { x, y, word, line, left, end };
    };
    const drawLead = () => {
      const top = Math.max(facts.delta_s || 0, ...race.leads, 1);
      const { x, y, word, line, left, end } = chart(leadChart, 0, top * 1.12, 74);
      if (facts.delta_s) {
        draw(leadChart, "path", { class: "limit", d: "M" + left + "," + y(facts.delta_s) + "H" + x(end) });
        word("δs = " + facts.delta_s + " decides", [left + 4, y(facts.delta_s) - 4], "start", "strong");
        word(facts.delta_s, [left - 6, y(facts.delta_s) + 4], "end");
      }
      word("0", [left - 6, y(0) + 4], "end");
      line((s) => race.leads[s], "lead");
      draw(leadChart, "circle", { class: "end", cx: x(end), cy: y(race.leads[race.nSteps]), r: 4 });
    };
    const role = (j) => (j === race.winner ? "winner" : j === race.second ? "second" : j === race.label ? "label" : "");
    const drawScores = () => {
      const shown = neurons.map((_, j) => j).sort((a, b) => (role(a) ? 1 : 0) - (role(b) ? 1 : 0) || (b === race.winner ? -1 : 1));
      const at = (j) => (s) => race.scores[s * nNeurons + j];
      // The scale follows the contenders, whatever the others lose.
      let low = 0, high = 1;
      shown.filter(role).forEach((j) => {
        for (let s = 0; s <= race.nSteps; s++) { low = Math.min(low, at(j)(s)); high = Math.max(high, at(j)(s)); }
      });
      const room = 0.06 * (high - low);
      const { x, y, word, line, left, end } = chart(scoreChart, low - room, high + room, 74);
      const clip = "race-clip";
      const defs = draw(scoreChart, "defs", {});
      const box = draw(draw(defs, "clipPath", { id: clip }), "rect", { x: left, y: 0 });
      box.setAttribute("width", x(end) - left);
      box.setAttribute("height", y(low - room));
      shown.forEach((j) => line(at(j), role(j)).setAttribute("clip-path", "url(#" + clip + ")"));
      draw(scoreChart, "path", { class: "axis", d: "M" + left + "," + y(0) + "H" + x(end) });
      word("0", [left - 6, y(0) + 4], "end");
      if (low < -3) word(plain(low), [left - 6, y(low) + 4], "end");
      if (high > 3) word(high, [left - 6, y(high) + 4], "end");
      let level = -Infinity;
      shown.filter(role).sort((a, b) => at(b)(race.nSteps) - at(a)(race.nSteps)).forEach((j) => {
        level = Math.max(y(at(j)(race.nSteps)), level + 13);
        word(j + " " + named(j), [x(end) + 6, level + 4], "start", role(j));
      });
    };
    const named = (j) => ({ winner: "winner", second: "runner-up", label: "label", "": "" })[role(j)];
    const drawCharts = () => { cursors = []; drawLead(); drawScores(); moveCursors(); };
    const moveCursors = () => { const tick = step ? race.ticks[step - 1] : 0; cursors.forEach((move) => move(tick)); };

    // ---- one step -------------------------------------------------------------------------------------------------
    const pixelName = (code) => {
      const line = code >> 1;
      const place = rows === 1 ? "input " + (line + 1) : "row " + (Math.floor(line / columns) + 1) + ", column " + ((line % columns) + 1);
      return place + (code & 1 ? " (negative)" : "");
    };
    const happened = () => {
      if (!step) return "Before the first spike";
      const inputs = Array.from(race.inputs.subarray(race.firstIn[step - 1], race.firstIn[step]), pixelName);
      const fired = Array.from(race.outputs.subarray(race.firstOut[step - 1], race.firstOut[step]));
      const words = [];
      if (inputs.length) words.push("input spike at " + inputs.join(" and at "));
      const part = (sign, name) => {
        const own = fired.filter((code) => (code & 1) === sign).map((code) => code >> 1);
        if (own.length) words.push((own.length > 1 ? "neurons " : "neuron ") + own.join(", ") + (own.length > 1 ? " fire " : " fires ") + name);
      };
      part(0, "positive ▲");
      part(1, "negative ▼");
      return "Step " + step + " of " + race.nSteps + ", " + grouped(race.ticks[step - 1] * facts.tick_us) + " µs: " + words.join("; ");
    };
    const standing = () => {
      if (nNeurons < 2) return "";
      const scores = race.scores.subarray(step * nNeurons, (step + 1) * nNeurons);
      const { best, lead } = ranking(scores);
      root.dataset.leader = lead ? best : "";
      const goal = facts.delta_s ? " of the " + facts.delta_s + " needed" : "";
      const done = step === race.nSteps;
      const end = !done ? "" : race.reached ? " Decided: " + race.winner + "." : " Time-out: " + race.winner + (lead ? " wins by its score." : " wins the tie by its larger charge.");
      return (lead ? best + " leads by " + lead + goal + "." : "No one leads.") + end;
    };
    const show = (to) => {
      step = Math.max(0, Math.min(race.nSteps, to));
      slider.value = step;
      const time = step ? grouped(race.ticks[step - 1] * facts.tick_us) + " µs" : "start";
      slider.setAttribute("aria-valuetext", "step " + step + " of " + race.nSteps + ", " + time);
      state.textContent = happened() + ". " + standing();
      one(".race-now").textContent = nNeurons < 2 ? "" : "now " + race.leads[step];
      root.dataset.step = step;
      root.dataset.tick = step ? race.ticks[step - 1] : "";
      root.dataset.margin = race.leads[step];
      drawMaps();
      drawNeurons();
      moveCursors();
    };

    // ---- playing --------------------------------------------------------------------------------------------------
    const sign = one(".race-sign");
    const setPlaying = (on) => {
      cancelAnimationFrame(playing);
      playing = 0;
      root.dataset.playing = on;
      playButton.setAttribute("aria-pressed", on);
      playButton.setAttribute("aria-label", on ? "Pause" : "Play");
      sign.setAttribute("d", on ? "M3.5 3h3v10h-3zM9.5 3h3v10h-3z" : "M4 2.5v11L13.5 8z");
      // A running race would never let a screen reader finish a sentence.
      state.setAttribute("aria-live", on ? "off" : "polite");
    };
    const play = () => {
      if (playing || !race) { setPlaying(false); return; }
      setPlaying(true);
      if (step === race.nSteps) show(0);
      let began = null, from = step, rate = 0;
      const frame = (now) => {
        if (began === null || rate !== Number(speed.value)) [began, from, rate] = [now, step, Number(speed.value)];
        const to = Math.min(race.nSteps, from + Math.floor(((now - began) * rate) / 1000));
        if (to !== step) show(to);
        if (step === race.nSteps) { setPlaying(false); return; }
        playing = requestAnimationFrame(frame);
      };
      playing = requestAnimationFrame(frame);
    };
    const go = {
      home: () => show(0), end: () => show(race.nSteps), back: () => show(step - 1), on: () => show(step + 1),
      back10: () => show(step - 10), on10: () => show(step + 10),
    };
    const act = (what) => {
      if (!race) return;
      if (what === "play") { play(); return; }
      setPlaying(false);
      go[what]();
    };

    // ---- images ---------------------------------------------------------------------------------------------------
    const entryText = (image) => "image " + image.sample + ": " + image.label + (image.label === image.winner ? " read right" : " read as " + image.winner);
    const fill = (label) => {
      const chosen = facts.images.filter((image) => label === "" || image.label === Number(label));
      list.replaceChildren();
      facts.groups.forEach((name, kind) => {
        const members = chosen.filter((image) => image.group === kind);
        if (!members.length) return;
        const group = make(list, "optgroup");
        group.label = name + " (" + members.length + ")";
        members.forEach((image) => { make(group, "option", "", entryText(image)).value = image.sample; });
      });
      return chosen;
    };
    const verdict = () => {
      const line = one(".race-verdict"), right = race.label === race.winner;
      line.replaceChildren();
      make(line, "b", "", "Label " + race.label + ", read as " + race.winner + (right ? ". " : ": wrong. "));
      const lead = nNeurons > 1 ? " with a lead of " + race.lead : "";
      const how = (race.reached ? "Decided after " : "Time-out after ") + grouped(race.duration * facts.tick_us) + " µs" + lead;
      const rival = race.second === null ? "" : ", " + race.second + " the runner-up";
      line.append(how + rival + "; " + grouped(race.inputs.length) + " of " + several(race.offered, "input spike") + " used.");
    };
    const open = async (sample) => {
      const image = facts.images.find((entry) => entry.sample === sample);
      const ticket = ++wanted;
      setPlaying(false);
      weights = weights || (await unpack(facts.weights));
      const numbers = await unpack(image.data);
      if (ticket !== wanted) return;
      race = unfold(image, numbers, facts);
      step = race.nSteps;
      list.value = sample;
      slider.max = race.nSteps;
      scale();
      pictures.forEach((node, line) => {
        size(node, 1);
        node.setAttribute("fill-opacity", ((0.42 * Math.abs(race.values[line])) / 255).toFixed(3));
      });
      maps[0].name.textContent = "To " + race.winner + ", the winner";
      maps[1].name.textContent = "To " + race.second + ", the runner-up";
      maps[2].name.textContent = race.winner + " minus " + race.second;
      root.querySelectorAll(".race-rival").forEach((figure) => { figure.hidden = race.second === null; });
      neurons.forEach((parts, j) => {
        parts.row.className = "race-row " + role(j);
        const label = j === race.label && role(j) !== "label" ? " = label" : "";
        parts.role.textContent = named(j) + label;
      });
      verdict();
      drawCharts();
      Object.assign(root.dataset, { image: sample, label: race.label, winner: race.winner, second: race.second ?? "", steps: race.nSteps });
      show(race.nSteps);
    };
    const shift = (by) => {
      const samples = Array.from(list.options, (option) => Number(option.value));
      const at = samples.indexOf(Number(root.dataset.image)) + by;
      if (at >= 0 && at < samples.length) open(samples[at]);
    };
    const say = (text) => { one(".race-message").textContent = text; };

    // ---- hands ----------------------------------------------------------------------------------------------------
    root.querySelectorAll("[data-go]").forEach((button) => button.addEventListener("click", () => act(button.dataset.go)));
    slider.addEventListener("input", () => { if (race) { setPlaying(false); show(Number(slider.value)); } });
    list.addEventListener("change", () => { say(""); open(Number(list.value)); });
    one(".race-filter").addEventListener("change", (event) => {
      const chosen = fill(event.target.value);
      const kept = chosen.some((image) => image.sample === Number(root.dataset.image));
      say("");
      if (kept) list.value = root.dataset.image; else open(Number(list.options[0].value));
    });
    one(".race-find").addEventListener("submit", (event) => {
      event.preventDefault();
      const number = Number(one(".race-find input").value);
      if (!facts.images.some((image) => image.sample === number)) {
        say("Image " + number + " is not on this page; spikecim explain RUN.h5 --image " + number + " explains it.");
        return;
      }
      say("");
      one(".race-filter").value = "";
      fill("");
      open(number);
    });
    const KEYS = { ArrowLeft: "back", ArrowRight: "on", Home: "home", End: "end", " ": "play" };
    root.addEventListener("keydown", (event) => {
      const on = event.target;
      if (!race || event.ctrlKey || event.metaKey || event.altKey || on.matches("select, input[type=number]")) return;
      const pressing = event.key === " " && on.matches("button, summary, a");
      const page = { PageUp: -1, PageDown: 1 }[event.key];
      let what = KEYS[event.key];
      if (event.shiftKey && (what === "back" || what === "on")) what += "10";
      if (pressing || (!what && !page)) return;
      event.preventDefault();
      if (page) shift(page); else act(what);
    });
    new ResizeObserver(() => { if (race) drawCharts(); }).observe(root);

    if (calm.matches) speed.value = "4";
    if (typeof DecompressionStream === "undefined") {
      say("This browser is too old for the race; spikecim explain RUN.h5 --image N says the same in words.");
      return;
    }
    const first = facts.images[0].sample;
    fill("");
    open(first);
  };

  document.querySelectorAll(".race").forEach(start);
})();
