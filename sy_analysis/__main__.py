from sy_analysis.cli import main

main()
