return await Ops.Agent.CommandLine.RunAsync(args);
