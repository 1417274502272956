Console.WriteLine("Orleans.Cache");
