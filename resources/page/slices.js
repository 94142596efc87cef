// Long work in slices, so that the page answers to keys and pointer all the time.

const SLICE_MS = 10;

const slices = (() => {
  const jobs = [];
  const channel = new MessageChannel(); // timers would wait 4 ms between slices
  let running = false;

  channel.port1.onmessage = () => {
    const end = performance.now() + SLICE_MS;
    while (jobs.length && performance.now() < end) {
      const job = jobs[0];
      if (job.cancelled || job.steps.next().done) {
        jobs.splice(jobs.indexOf(job), 1);
        job.finished(!job.cancelled);
      }
    }
    if (jobs.length) channel.port2.postMessage(0);
    else running = false;
  };

  // Runs an iterator whose every step takes about a millisecond. Resolves to whether it came to its end.
  function run(steps, job = {}) {
    return new Promise((finished) => {
      Object.assign(job, { steps, finished });
      jobs.push(job);
      if (!running) channel.port2.postMessage(0);
      running = true;
    });
  }

  // For work between which the browser should have its turn.
  const pause = () => run([][Symbol.iterator]());
  return { run, pause };
})();
