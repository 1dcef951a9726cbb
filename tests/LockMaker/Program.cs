Console.WriteLine(Environment.ProcessId);
