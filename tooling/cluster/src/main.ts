console.log("cluster", process.argv.slice(2), process.version);
