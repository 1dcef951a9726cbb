Console.WriteLine("ops");
