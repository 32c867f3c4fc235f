// Plays samples as they come. Tells where in the device's time each stretch begins, and how far it is.
const PROGRESS = 1200; // samples between two reports, 50 ms

class SpeechPlayer extends AudioWorkletProcessor {
  constructor() {
    super();
    this.queue = [];
    this.offset = 0;
    this.played = this.told = this.concealed = this.dry = 0; // dry: silence since samples ran out
    this.running = this.ended = this.stopped = false;
    this.port.onmessage = ({ data }) => {
      if (data.samples) this.queue.push(data.samples);
      this.ended ||= data.ended === true;
      this.stopped ||= data.stopped === true;
    };
  }

  process(_, [[out]]) {
    if (this.stopped) return false;
    let at = 0;
    while (at < out.length && this.queue.length) {
      if (!this.running) this.port.postMessage({ frame: currentFrame + at, sample: this.played });
      this.running = true;
      this.concealed += this.dry; // only now is it known that speech was not over
      this.dry = 0;
      const count = Math.min(out.length - at, this.queue[0].length - this.offset);
      out.set(this.queue[0].subarray(this.offset, this.offset + count), at);
      at += count;
      this.offset += count;
      this.played += count;
      if (this.offset === this.queue[0].length) {
        this.queue.shift();
        this.offset = 0;
      }
    }
    if (at < out.length && this.ended) {
      this.port.postMessage({ played: this.played, concealed: this.concealed, finished: true });
      return false;
    }
    if (at < out.length && this.played) {
      this.running = false;
      this.dry += out.length - at;
    }
    if (this.played - this.told >= PROGRESS) {
      this.told = this.played;
      this.port.postMessage({ played: this.played, concealed: this.concealed });
    }
    return true;
  }
}

registerProcessor("speech-player", SpeechPlayer);
